import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import {
  at,
  equalJson,
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import type { Live } from '../../transaction/types.ts';
import { titleOf } from './target.ts';

/** The name under which the Service's EndpointSlices are read. */
export const KEPT_BY_HAND = 'slices';

const SLICE_CONTROLLER = 'endpointslice-controller.k8s.io';

export interface SelectorChange {
  readonly operations: readonly Json[];
  readonly words: readonly string[];
  /** The selector as it will be. */
  readonly after: JsonObject;
  /** `app=web,tier=front` */
  readonly text: string;
}

/**
 * Refuses Services that select no pods.
 * @throws StratusError for an ExternalName, and for endpoints that somebody keeps by hand
 */
export function requireSelecting(target: LiveObject, setsSelector: boolean, live: Live): void {
  const { object } = target;
  if (at(object, 'spec', 'type') === 'ExternalName') {
    throw new StratusError(
      'invalid_arguments',
      `${titleOf(target)} is an ExternalName, an alias in the DNS: it selects no pods and forwards no ports.`,
      { next: 'Change spec.externalName or spec.type with mitigate_patch.' },
    );
  }
  if (!setsSelector || Object.keys(selectorOf(object)).length > 0) return;
  const foreign = live
    .list(KEPT_BY_HAND)
    .filter(
      (slice) =>
        slice.object.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] !==
        SLICE_CONTROLLER,
    );
  if (foreign.length === 0 && !live.unread?.(KEPT_BY_HAND)) return;
  throw new StratusError(
    'irreversible',
    foreign.length === 0
      ? `${titleOf(target)} has no selector, and whether somebody keeps its endpoints by hand could not be read.`
      : `${titleOf(target)} has no selector: its endpoints are kept by hand, and a selector would overwrite them for good.`,
    {
      rule: 'A2 faithful undo',
      next: 'Correct its EndpointSlices or Endpoints where they are made, or create a Service of another name.',
    },
  );
}

/** The selector is one value to the API server, so it is tested and replaced as a whole. */
export function selectorChange(
  { object }: LiveObject,
  wanted: Readonly<Record<string, string | null>> | undefined,
  replace: boolean,
): SelectorChange {
  const before = selectorOf(object);
  const merged = { ...(replace ? {} : before), ...wanted };
  const after = Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  const none = { operations: [], words: [], after: before, text: textOf(before) };
  if (wanted === undefined || equalJson(before, after)) return none;
  if (Object.keys(after).length === 0) {
    throw new StratusError('invalid_arguments', 'The selector would be empty.', {
      next: 'Without a selector the old endpoints would stay and nobody would renew them. Name at least one label.',
    });
  }
  const path = '/spec/selector';
  const had = Object.keys(before).length > 0;
  const operations: Json[] = [
    { op: 'test', path, value: had ? before : null },
    { op: 'add', path, value: after },
  ];
  const text = textOf(after);
  const words = [`selector from ${had ? textOf(before) : 'none'} to ${text}`];
  return { operations, words, after, text };
}

/** Who will get the traffic: for the summary, and what is wrong with it. */
export interface PodsNote {
  readonly words: string;
  readonly warnings: readonly string[];
}

/** How many pods will get the traffic, and whether they know the ports it is sent to. */
export function podsNote(
  target: LiveObject,
  selector: SelectorChange,
  targets: readonly Json[],
  pods: readonly LiveObject[] | undefined,
): PodsNote {
  if (pods === undefined) return { words: 'which pods it selects could not be read', warnings: [] };
  if (Object.keys(selector.after).length === 0)
    return { words: 'it has no selector', warnings: [] };
  const matched = matching(selector.after, pods);
  const ready = matched.filter(isReady).length;
  const before = matching(selectorOf(target.object), pods).length;
  const was = selector.operations.length === 0 ? '' : ` (before: ${before})`;
  if (matched.length === 0) {
    const warnings = ['No pod has these labels: nothing would serve.'];
    return { words: `it selects no pod${was}`, warnings };
  }
  const unknown = targets.filter((port) => !matched.some((pod) => declares(pod, port)));
  return {
    words: `it selects ${matched.length} ${matched.length === 1 ? 'pod' : 'pods'}, ${ready} ready${was}`,
    warnings: [
      ...(ready === 0 ? ['None of the pods is ready: nothing would serve.'] : []),
      ...unknown.map((port) => `No container of the pods declares port ${port}.`),
    ],
  };
}

function matching(selector: JsonObject, pods: readonly LiveObject[]): LiveObject[] {
  if (Object.keys(selector).length === 0) return [];
  return pods.filter(
    ({ object }) =>
      Object.entries(selector).every(([key, value]) => object.metadata.labels?.[key] === value) &&
      object.metadata.deletionTimestamp === undefined &&
      !['Succeeded', 'Failed'].includes(stringOf(at(object, 'status', 'phase')) ?? ''),
  );
}

function isReady({ object }: LiveObject): boolean {
  return objectsOf(at(object, 'status', 'conditions')).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
}

/** A restartable init container (a sidecar) serves too. */
function declares({ object }: LiveObject, port: Json): boolean {
  return (['containers', 'initContainers'] as const)
    .flatMap((list) => objectsOf(at(object, 'spec', list)))
    .flatMap((container) => objectsOf(container.ports))
    .some(({ name, containerPort }) => name === port || containerPort === port);
}

function selectorOf(object: Json): JsonObject {
  return objectOf(at(object, 'spec', 'selector'));
}

function textOf(selector: JsonObject): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
