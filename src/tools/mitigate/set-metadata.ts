import { z } from 'zod';
import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ObjectRef } from '../../core/kube.ts';
import type { Live, PlannedWrite } from '../../transaction/types.ts';
import { defineMitigateTool } from '../types.ts';
import { commonArguments, kindArgument, optionalNamespace, parseKind } from './arguments.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { nothingToDo, readTarget, refOfLive, targetOf } from './target.ts';

const MATCHES = 'matches';
const MAPS = ['labels', 'annotations'] as const;
type MapName = (typeof MAPS)[number];
type Entries = Readonly<Record<string, string | null>>;

const entries = z.record(z.string(), z.string().nullable()).optional();

const input = z.strictObject({
  kind: kindArgument,
  name: z.string().min(1).max(253).optional().describe('Either this or selector.'),
  selector: z.string().min(1).optional().describe('Label selector instead of a name.'),
  namespace: optionalNamespace,
  labels: entries.describe('Key to value; null removes the key.'),
  annotations: entries.describe('The same.'),
  ...commonArguments,
});
type Arguments = z.output<typeof input>;

export const mitigateSetMetadata = defineMitigateTool({
  name: 'mitigate_set_metadata',
  title: 'Set labels and annotations',
  effect: 'mitigate',
  description:
    'Use to set or remove labels and annotations of one object, or of all that match a selector. Services, ReplicaSets and policies select by labels: a changed label may move traffic.',
  input,
  reads: (args) => {
    const { kind, name, selector, namespace } = args;
    if ((name === undefined) === (selector === undefined)) {
      throw new StratusError('invalid_arguments', 'Give either a name or a selector.');
    }
    if (name !== undefined) return [readTarget({ kind, name, namespace })];
    return [
      {
        as: MATCHES,
        list: {
          resource: parseKind(kind).resource,
          ...(namespace === undefined ? {} : { namespace }),
          ...(selector === undefined ? {} : { labelSelector: selector }),
        },
      },
    ];
  },
  plan: (args, live) => {
    if (MAPS.every((map) => Object.keys(args[map] ?? {}).length === 0)) {
      throw new StratusError(
        'invalid_arguments',
        'There are no labels or annotations to set or to remove.',
      );
    }
    const targets = targetsOf(args, live);
    const writes = targets.flatMap((target) => writeOf(args, target));
    if (writes.length > 0) return writes;
    throw nothingToDo(
      targets.length === 1
        ? 'The metadata already are as asked.'
        : `The metadata of all ${targets.length} objects already are as asked.`,
    );
  },
});

function targetsOf(args: Arguments, live: Live): readonly LiveObject[] {
  const { kind, name, namespace, selector } = args;
  if (name !== undefined) return [targetOf({ kind, name, namespace }, live)];
  const found = live.list(MATCHES);
  if (found.length > 0) return found;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  throw new StratusError(
    'not_found',
    `No ${parseKind(kind).resource} matches the selector "${selector}"${where}.`,
  );
}

/** One merge patch for an object that isn't as asked yet. */
function writeOf(args: Arguments, target: LiveObject): PlannedWrite[] {
  const object = refOfLive(target);
  const changes = MAPS.flatMap((map) =>
    changeOf(map, args[map] ?? {}, target.object.metadata[map] ?? {}, object),
  );
  if (changes.length === 0) return [];
  return [
    {
      verb: 'patch',
      object,
      patchType: 'merge',
      patch: { metadata: Object.assign({}, ...changes.map(({ patch }) => patch)) },
      summary: changes.map(({ summary }) => summary).join('; '),
      kubectl: changes.map((change) => change.kubectl).join(' && '),
    },
  ];
}

interface MapChange {
  readonly patch: JsonObject;
  readonly summary: string;
  readonly kubectl: string;
}

function changeOf(
  map: MapName,
  asked: Entries,
  now: Readonly<Record<string, string>>,
  object: ObjectRef,
): MapChange[] {
  const differing = Object.entries(asked).filter(([key, value]) =>
    value === null ? Object.hasOwn(now, key) : now[key] !== value,
  );
  if (differing.length === 0) return [];
  const set = differing.filter(([, value]) => value !== null);
  const remove = differing.filter(([, value]) => value === null).map(([key]) => key);
  const words = [
    ...(set.length > 0 ? [`set ${set.map(([key]) => key).join(', ')}`] : []),
    ...(remove.length > 0 ? [`remove ${remove.join(', ')}`] : []),
  ];
  return [
    {
      patch: { [map]: Object.fromEntries(differing) },
      summary: `${map}: ${words.join(' and ')}`,
      kubectl: kubectl(
        map === 'labels' ? 'label' : 'annotate',
        kubectlName(object),
        namespaceFlag(object),
        ...(set.some(([key]) => Object.hasOwn(now, key)) ? ['--overwrite'] : []),
        ...set.map(([key, value]) => `${key}=${value}`),
        ...remove.map((key) => `${key}-`),
      ),
    },
  ];
}
