import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { StratusError } from '../core/errors.ts';
import {
  arrayOf,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
} from '../core/json.ts';
import type {
  ClusterEntry,
  ContextEntry,
  ExecEntry,
  KubeconfigParts,
  UserEntry,
} from './kubeconfig-parts.ts';

const EXEC_CONFIG = 'client.authentication.k8s.io/exec';

/**
 * Reads one kubeconfig file; its relative paths start from its own folder, as kubectl's do.
 * @throws StratusError cluster_not_configured. It never quotes the file, which holds credentials.
 */
export function loadKubeconfigFile(path: string): KubeconfigParts {
  const raw = parse(path, readText(path));
  const folder = dirname(resolve(path));
  const refuse = (reason: string) => unusable(path, reason);
  const file = (name: string | undefined) => (name === undefined ? undefined : from(folder, name));

  const named = (key: string, part: string) =>
    objectsOf(raw[key]).map((entry, index) => {
      const where = `${key}[${index}]`;
      const name = text(entry, 'name', where, refuse);
      if (!name) throw refuse(`${where}.name is missing`);
      const content = entry[part];
      if (!isObject(content) && part !== 'user') throw refuse(`${where}.${part} is missing`);
      const get = (field: string) => text(objectOf(content), field, `${where}.${part}`, refuse);
      return { where: `${where}.${part}`, name, content: objectOf(content), get };
    });

  const clusters = named('clusters', 'cluster').map(({ where, name, content, get }) => {
    const server = get('server');
    if (!server) throw refuse(`${where}.server is missing`);
    const extension = objectsOf(content.extensions).find((it) => it.name === EXEC_CONFIG);
    const entry: ClusterEntry = {
      name,
      server,
      caData: get('certificate-authority-data'),
      caFile: file(get('certificate-authority')),
      skipTlsVerify: content['insecure-skip-tls-verify'] === true,
      tlsServerName: get('tls-server-name'),
      proxyUrl: get('proxy-url'),
      execConfig: extension?.extension,
    };
    return entry;
  });
  const contexts = named('contexts', 'context').map(
    ({ name, get }): ContextEntry => ({
      name,
      cluster: get('cluster') ?? '',
      user: get('user'),
      namespace: get('namespace'),
    }),
  );
  const users = named('users', 'user').map(({ where, name, content, get }): UserEntry => {
    const exec = content.exec;
    return {
      name,
      token: get('token'),
      tokenFile: file(get('tokenFile')),
      username: get('username'),
      password: get('password'),
      certData: get('client-certificate-data'),
      certFile: file(get('client-certificate')),
      keyData: get('client-key-data'),
      keyFile: file(get('client-key')),
      exec: isObject(exec) ? execEntry(exec, `${where}.exec`, folder, refuse) : undefined,
      authProvider: isObject(content['auth-provider']) ? content['auth-provider'] : undefined,
      impersonate: {
        user: get('as'),
        uid: get('as-uid'),
        groups: arrayOf(content['as-groups']).map(String),
        extra: Object.fromEntries(
          Object.entries(objectOf(content['as-user-extra'])).map(([key, values]) => [
            key,
            arrayOf(values).map(String),
          ]),
        ),
      },
    };
  });
  return { clusters, contexts, users, currentContext: text(raw, 'current-context', '', refuse) };
}

type Refuse = (reason: string) => StratusError;

function execEntry(exec: JsonObject, where: string, folder: string, refuse: Refuse): ExecEntry {
  const get = (field: string) => text(exec, field, where, refuse);
  const command = get('command');
  if (!command) throw refuse(`${where}.command is missing`);
  return {
    apiVersion: get('apiVersion') ?? '',
    command: command.includes('/') ? from(folder, command) : command,
    args: arrayOf(exec.args).map(String),
    env: objectsOf(exec.env).map((it) => ({
      name: String(it.name),
      value: String(it.value ?? ''),
    })),
    provideClusterInfo: exec.provideClusterInfo === true,
    interactiveMode: get('interactiveMode'),
    installHint: get('installHint'),
  };
}

// YAML reads an unquoted 1234 as a number, and a token with an `e` in it as another one.
function text(entry: JsonObject, field: string, where: string, refuse: Refuse): string | undefined {
  const value: Json | undefined = entry[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw refuse(`${where === '' ? '' : `${where}.`}${field} is not a string; put it in quotes`);
}

function from(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new StratusError(
      'cluster_not_configured',
      `The kubeconfig ${path} can't be read (${code}).`,
      { cause: error },
    );
  }
}

function parse(path: string, content: string): JsonObject {
  const document = parseDocument(content, { prettyErrors: false });
  const fault = document.errors[0];
  if (fault) {
    const line = content.slice(0, fault.pos[0]).split('\n').length;
    throw unusable(path, `line ${line} is not valid YAML (${fault.code})`);
  }
  const raw = document.toJS() as unknown;
  if (!isObject(raw)) throw unusable(path, 'it is not a YAML mapping');
  return raw;
}

function unusable(path: string, reason: string): StratusError {
  return new StratusError(
    'cluster_not_configured',
    `The file ${path} is not a usable kubeconfig: ${reason}.`,
    { next: 'Correct the file; `kubectl config view --kubeconfig FILE` shows what it says.' },
  );
}
