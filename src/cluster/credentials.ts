import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import type { Clock } from '../core/clock.ts';
import type { StratusError } from '../core/errors.ts';
import { fileCredentials } from './file-credentials.ts';
import type { ChosenContext } from './kubeconfig.ts';
import { pluginCredentials } from './plugin-credentials.ts';
import { providerCredentials } from './provider-credentials.ts';

/** What one request needs to authenticate itself. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: TlsSettings;
  /** Changes when a connection has to be made anew. */
  readonly tlsDigest: string;
}

export type TlsSettings = Pick<
  RequestOptions,
  'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'
>;

export interface CredentialSource {
  current(): Promise<Credentials>;
  /** The server said 401 to these. True when others may be had by asking again. */
  forget(used: Credentials): boolean;
  /** The error of a call that waited for credentials in vain; undefined when they never take long. */
  late(seconds: number): StratusError | undefined;
  /** Stops what still runs. */
  close(): void;
}

export interface SourceOptions {
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The credentials of a context. Files are read again when they change; exec plugins run again when
 * what they gave expired or was refused.
 */
export function credentialSource(context: ChosenContext, options: SourceOptions): CredentialSource {
  const files = fileCredentials(context);
  if (context.user.exec) return pluginCredentials(context, context.user.exec, files, options);
  if (context.user.authProvider) return providerCredentials(context, files);
  return {
    current: async () => files.current(),
    forget: (used) => files.current() !== used,
    late: () => undefined,
    close: () => {},
  };
}

export function tlsDigest(tls: TlsSettings): string {
  const hash = createHash('sha256');
  for (const [name, value] of Object.entries(tls)) hash.update(`${name}=${String(value)}\n`);
  return hash.digest('hex');
}
