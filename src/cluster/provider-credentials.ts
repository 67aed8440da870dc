import type { RequestOptions } from 'node:https';
import { StratusError } from '../core/errors.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import type { FileCredentials } from './file-credentials.ts';
import type { ChosenContext } from './kubeconfig.ts';

type Provider = (headers: RequestOptions) => Promise<void>;

/**
 * Credentials of a kubeconfig's `auth-provider`, the way before exec plugins (OpenID Connect, some
 * clouds). client-node knows how to renew their tokens.
 */
export function providerCredentials(
  context: ChosenContext,
  files: FileCredentials,
): CredentialSource {
  let provider: Promise<Provider> | undefined;

  const current = async (): Promise<Credentials> => {
    const base = files.current();
    const options: RequestOptions = {};
    try {
      provider ??= loadProvider(context);
      await (await provider)(options);
    } catch {
      // What a provider says may hold a token.
      throw new StratusError(
        'unauthenticated',
        `The credentials of context "${context.name}" can't be used: its auth-provider failed.`,
        { next: 'Log in again with kubectl, or write the kubeconfig anew with an exec plugin.' },
      );
    }
    const { Authorization: authorization } = (options.headers ?? {}) as Record<string, unknown>;
    if (typeof authorization !== 'string') return base;
    return { ...base, headers: { ...base.headers, authorization: authorization.trim() } };
  };
  return { current, forget: () => false, late: () => undefined, close: () => {} };
}

// client-node takes half a second to load; nobody else waits for it.
async function loadProvider({ user }: ChosenContext): Promise<Provider> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const name = 'only';
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    contexts: [{ name, cluster: name, user: name }],
    clusters: [{ name, server: 'https://unused.invalid', skipTLSVerify: false }],
    users: [{ name, authProvider: user.authProvider }],
    currentContext: name,
  });
  return (options) => kubeConfig.applyToHTTPSOptions(options);
}
