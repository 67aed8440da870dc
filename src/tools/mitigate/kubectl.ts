import type { ObjectRef } from '../../core/kube.ts';
import { groupOf } from '../../core/kube.ts';

const SAFE_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One word of a POSIX shell command, quoted where the shell would read more into it. */
export function shellWord(text: string): string {
  return SAFE_WORD.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The equivalent kubectl command, for a reader to paste; this server never runs it. */
export function kubectl(...words: (string | undefined)[]): string {
  const present = words.filter((word) => word !== undefined);
  return ['kubectl', ...present].map(shellWord).join(' ');
}

/** `deployment.apps/catalog`: kubectl's own unambiguous name of an object. */
export function kubectlName(object: ObjectRef): string {
  const group = groupOf(object.apiVersion);
  const kind = object.kind.toLowerCase();
  return `${group === '' ? kind : `${kind}.${group}`}/${object.name}`;
}

/** `--namespace=shop`, or nothing for an object of the cluster. */
export function namespaceFlag(object: ObjectRef): string | undefined {
  return object.namespace === undefined ? undefined : `--namespace=${object.namespace}`;
}

/** `kubectl patch`, for what no shorter command sets. `patch` is JSON as it may be shown: redacted where it has to be. */
export function kubectlPatch(
  object: ObjectRef,
  type: 'json' | 'merge' | 'strategic',
  patch: string,
): string {
  return kubectl(
    'patch',
    kubectlName(object),
    namespaceFlag(object),
    `--type=${type}`,
    '-p',
    patch,
  );
}
