import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { describeRef, type KubeObject, type ObjectRef } from '../../core/kube.ts';
import type { Live, Read } from '../../transaction/types.ts';
import { call } from '../observe/next-step.ts';
import { parseKind } from './arguments.ts';

/** The name under which the object that a tool is about is read. */
export const TARGET = 'target';

export interface TargetWords {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}

export function readTarget(words: TargetWords): Read {
  const { kind, namespace, name } = words;
  return {
    as: TARGET,
    get: { ...parseKind(kind), name, ...(namespace === undefined ? {} : { namespace }) },
  };
}

/** The object a tool is about, as it is now. @throws StratusError not_found, or conflict while it is being deleted. */
export function targetOf(words: TargetWords, live: Live): LiveObject {
  const found = live.object(TARGET);
  if (found === undefined) {
    throw new StratusError(
      'not_found',
      `There is no ${describeRef({ ...words, kind: parseKind(words.kind).resource })}.`,
      {
        next: `${call('observe_list', { kind: words.kind, namespace: words.namespace })} shows what there is.`,
      },
    );
  }
  return found;
}

/** Names a live object; the namespace is the one it was found in. */
export function refOfLive(live: LiveObject): ObjectRef {
  const { apiVersion, kind } = live.key.resource;
  const namespace = live.key.namespace ?? live.object.metadata.namespace;
  return {
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name: live.key.name,
  };
}

export function nothingToDo(message: string): StratusError {
  return new StratusError('no_change', message);
}

/** `Deployment shop/catalog` for a live object. */
export function titleOf(live: LiveObject): string {
  return describeRef(refOfLive(live));
}

export function isTerminating(object: KubeObject): boolean {
  return typeof object.metadata.deletionTimestamp === 'string';
}
