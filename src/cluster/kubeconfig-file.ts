import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Cluster, Context, KubeConfig, User } from '@kubernetes/client-node';
import { parseDocument } from 'yaml';
import { StratusError } from '../core/errors.ts';
import { at, type JsonObject, objectOf, objectsOf, stringOf } from '../core/json.ts';

/** A user of a kubeconfig, with what client-node leaves out. */
export interface KubeconfigUser extends User {
  readonly impersonateGroups: readonly string[];
}

export interface KubeconfigParts {
  readonly clusters: Cluster[];
  readonly contexts: Context[];
  readonly users: KubeconfigUser[];
  readonly currentContext: string | undefined;
}

/**
 * Loads one kubeconfig file with client-node, and adds what that passes over: `tokenFile`,
 * `as-groups` and the folder that relative paths start from.
 * @throws StratusError cluster_not_configured. It never quotes the file, which holds credentials.
 */
export function loadKubeconfigFile(path: string, kubeConfig: KubeConfig): KubeconfigParts {
  const text = readText(path);
  const raw = parse(path, text);
  try {
    kubeConfig.loadFromString(text);
  } catch (error) {
    // "clusters[0].name is missing"; a YAML error would quote lines of the file.
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : '';
    throw unusable(path, /^\w+\[\d+\]\.[\w.]+ is missing$/.test(reason) ? reason : '', error);
  }
  const folder = dirname(resolve(path));
  kubeConfig.makePathsAbsolute(folder);
  const rawUsers = new Map(
    objectsOf(raw.users).map((entry) => [stringOf(entry.name), objectOf(entry.user)]),
  );
  return {
    clusters: kubeConfig.getClusters(),
    contexts: kubeConfig.getContexts(),
    users: kubeConfig.getUsers().map((user) => complete(user, rawUsers.get(user.name), folder)),
    currentContext: kubeConfig.getCurrentContext() || undefined,
  };
}

function complete(user: User, raw: JsonObject | undefined, folder: string): KubeconfigUser {
  const groups = at(raw, 'as-groups');
  const tokenFile = stringOf(at(raw, 'tokenFile'));
  const command = stringOf(at(raw, 'exec', 'command'));
  const { token, ...rest } = user;
  return {
    ...rest,
    // As kubectl: a token file goes before a token.
    ...(tokenFile === undefined
      ? token === undefined
        ? {}
        : { token }
      : { authProvider: { name: 'tokenFile', config: { tokenFile: from(folder, tokenFile) } } }),
    ...(command?.includes('/') ? { exec: { ...user.exec, command: from(folder, command) } } : {}),
    impersonateGroups: Array.isArray(groups) ? groups.map(String) : [],
  };
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

function parse(path: string, text: string): JsonObject {
  const document = parseDocument(text, { prettyErrors: false });
  const fault = document.errors[0];
  if (fault) {
    const line = text.slice(0, fault.pos[0]).split('\n').length;
    throw unusable(path, `line ${line} is not valid YAML (${fault.code})`);
  }
  const raw = document.toJS() as unknown;
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw unusable(path, 'it is not a YAML mapping');
  }
  return raw as JsonObject;
}

function unusable(path: string, reason: string, cause?: unknown): StratusError {
  return new StratusError(
    'cluster_not_configured',
    `The file ${path} is not a usable kubeconfig${reason ? `: ${reason}` : ''}.`,
    {
      cause,
      next: 'Correct the file; `kubectl config view --kubeconfig FILE` shows what it says.',
    },
  );
}
