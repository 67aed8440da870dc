import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import type { ChosenContext } from './kubeconfig.ts';

/** What one request needs to authenticate itself. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: TlsSettings;
  /** Changes when a connection has to be made anew. */
  readonly tlsDigest: string;
}

export type TlsSettings = Pick<
  RequestOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>;

// client-node runs an exec plugin anew for each request when its answer names no expiry.
const PLUGIN_ANSWER_MS = 30_000;

export interface CredentialSource {
  current(): Promise<Credentials>;
  /** The server said 401: ask again next time. */
  forget(): void;
}

/**
 * Asks client-node for the credentials of each request: token files are read again, tokens
 * renewed, exec plugins run when theirs expired. Concurrent requests share one question.
 */
export function credentialSource(
  kubeConfig: KubeConfig,
  context: ChosenContext,
  clock: Clock,
): CredentialSource {
  let held: { answer: Promise<Credentials>; until: number } | undefined;
  const holdMs = context.usesPlugin ? PLUGIN_ANSWER_MS : 0;

  return {
    current() {
      if (held && clock.monotonic() < held.until) return held.answer;
      const asked = { answer: ask(kubeConfig, context), until: Number.POSITIVE_INFINITY };
      held = asked;
      asked.answer.then(
        () => {
          asked.until = clock.monotonic() + holdMs;
        },
        () => {
          asked.until = 0;
        },
      );
      return asked.answer;
    },
    forget() {
      held = undefined;
    },
  };
}

async function ask(kubeConfig: KubeConfig, context: ChosenContext): Promise<Credentials> {
  const options: RequestOptions = {};
  try {
    await kubeConfig.applyToHTTPSOptions(options);
  } catch (error) {
    throw unusable(error, context);
  }
  const headers: Record<string, string | string[]> = { ...context.headers };
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file ends with a newline more often than not.
    if (value !== undefined) headers[name.toLowerCase()] = String(value).trim();
  }
  if (options.auth) {
    headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, pfx, passphrase, servername, rejectUnauthorized }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as TlsSettings;
  return { headers, tls, tlsDigest: digest(tls) };
}

function digest(tls: TlsSettings): string {
  const hash = createHash('sha256');
  for (const [name, value] of Object.entries(tls)) hash.update(`${name}=${String(value)}\n`);
  return hash.digest('hex');
}

// What a plugin prints may hold a credential: it goes to the log as the cause, never into a message.
function unusable(error: unknown, context: ChosenContext): StratusError {
  const of = `The credentials of context "${context.name}" can't be used`;
  const facts = { cause: error };
  if (context.usesPlugin) {
    const what = isMissingFile(error) ? 'was not found' : 'failed';
    return new StratusError('unauthenticated', `${of}: its exec plugin ${what}.`, {
      ...facts,
      next: 'Run the plugin by hand (kubectl runs it too), log in again, then call again.',
    });
  }
  const file = isMissingFile(error) && 'path' in error ? `: no file at ${String(error.path)}` : '';
  return new StratusError('unauthenticated', `${of}${file}.`, facts);
}

function isMissingFile(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
