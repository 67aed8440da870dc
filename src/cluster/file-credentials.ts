import { createPrivateKey, X509Certificate } from 'node:crypto';
import { StratusError } from '../core/errors.ts';
import { type Credentials, type TlsSettings, tlsDigest } from './credentials.ts';
import { createFileCache } from './file-cache.ts';
import type { ChosenContext } from './kubeconfig.ts';

/** Credentials that stand in the kubeconfig, or in files that it names. */
export interface FileCredentials {
  /** The same object while nothing changed. @throws StratusError unauthenticated. */
  current(): Credentials;
}

interface Ingredients {
  readonly token: Buffer | undefined;
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/**
 * Looks at the files before each request, which costs some microseconds, and builds anew only what
 * changed. A file that is being replaced (missing, empty, a certificate whose key isn't there yet)
 * doesn't count until it is whole: the last good state stays.
 */
export function fileCredentials(context: ChosenContext): FileCredentials {
  const { cluster, user } = context;
  const cache = createFileCache();
  const fixed = (data: string | undefined) =>
    data === undefined ? undefined : Buffer.from(data, 'base64');
  const data = {
    ca: fixed(cluster.caData),
    cert: fixed(user.certData),
    key: fixed(user.keyData),
    token: user.token === undefined ? undefined : Buffer.from(user.token),
  };
  const file = (path: string | undefined) => (path === undefined ? undefined : cache.read(path));
  let held: { from: Ingredients; credentials: Credentials } | undefined;

  const read = (): Ingredients => ({
    // As kubectl: a token file goes before a token, data before a file.
    token: file(user.tokenFile) ?? data.token,
    ca: data.ca ?? file(cluster.caFile),
    cert: data.cert ?? file(user.certFile),
    key: data.key ?? file(user.keyFile),
  });

  return {
    current() {
      let from: Ingredients;
      try {
        from = read();
        if (held && same(held.from, from)) return held.credentials;
        assertWhole(from);
      } catch (error) {
        if (held) return held.credentials;
        throw unusable(error, context);
      }
      held = { from, credentials: build(from, context) };
      return held.credentials;
    },
  };
}

function same(a: Ingredients, b: Ingredients): boolean {
  return a.token === b.token && a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}

class Fault extends Error {}

function assertWhole({ token, cert, key }: Ingredients): void {
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token.toString().trim())) {
    throw new Fault('the token is empty or holds characters that no header can carry');
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new Fault('a client certificate needs its key, and a key its certificate');
  }
  if (cert === undefined || key === undefined) return;
  let fits = false;
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new Fault('the client certificate or its key is not usable PEM');
  }
  if (!fits) throw new Fault('the client certificate and the key do not belong together');
}

function build({ token, ca, cert, key }: Ingredients, context: ChosenContext): Credentials {
  const { cluster, user } = context;
  const headers: Record<string, string | string[]> = impersonation(context);
  if (token !== undefined) headers.authorization = `Bearer ${token.toString().trim()}`;
  else if (user.username !== undefined) {
    const pair = `${user.username}:${user.password ?? ''}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  const tls: TlsSettings = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
    ...(cluster.skipTlsVerify ? { rejectUnauthorized: false } : {}),
  };
  return { headers, tls, tlsDigest: tlsDigest(tls) };
}

function impersonation({ user: { impersonate } }: ChosenContext) {
  const headers: Record<string, string | string[]> = {};
  if (impersonate.user !== undefined) headers['impersonate-user'] = impersonate.user;
  if (impersonate.uid !== undefined) headers['impersonate-uid'] = impersonate.uid;
  if (impersonate.groups.length > 0) headers['impersonate-group'] = [...impersonate.groups];
  for (const [key, values] of Object.entries(impersonate.extra)) {
    headers[`impersonate-extra-${encodeURIComponent(key.toLowerCase())}`] = [...values];
  }
  return headers;
}

// Only our own sentences: what the file system or OpenSSL says may quote a file's content.
function unusable(error: unknown, context: ChosenContext): StratusError {
  const of = `The credentials of context "${context.name}" can't be used`;
  if (error instanceof Fault)
    return new StratusError('unauthenticated', `${of}: ${error.message}.`);
  const path = error instanceof Error && 'path' in error ? String(error.path) : '';
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const why = missing ? `no file at ${path}` : `${path || 'a file'} can't be read`;
  return new StratusError('unauthenticated', `${of}: ${why}.`);
}
