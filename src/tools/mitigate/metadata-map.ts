import { z } from 'zod';
import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Live, PlannedWrite, Read } from '../../transaction/types.ts';
import { commonArguments, kindArgument, optionalNamespace, parseKind } from './arguments.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { nothingToDo, readTarget, refOfLive, targetOf } from './target.ts';

const MATCHES = 'matches';

export type MapName = 'labels' | 'annotations';

/** What label and annotate have in common: they set and remove entries of a map in the metadata. */
export const mapArguments = {
  kind: kindArgument,
  name: z.string().min(1).max(253).optional().describe('Name of the object, or selector.'),
  selector: z
    .string()
    .min(1)
    .optional()
    .describe('Label selector instead of a name; it is expanded to a fixed list of objects.'),
  namespace: optionalNamespace,
  set: z.record(z.string().min(1), z.string()).default({}).describe('Entries to set.'),
  remove: z.array(z.string().min(1)).default([]).describe('Keys to remove.'),
  ...commonArguments,
};

export interface MapArguments {
  readonly kind: string;
  readonly name?: string | undefined;
  readonly selector?: string | undefined;
  readonly namespace?: string | undefined;
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

export function mapReads(args: MapArguments): Read[] {
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
}

/** One merge patch for each object whose map isn't as asked yet. */
export function mapPlan(map: MapName, args: MapArguments, live: Live): PlannedWrite[] {
  refuseContradictions(map, args);
  const targets = targetsOf(args, live);
  const writes = targets.flatMap((target) => writeOf(map, args, target));
  if (writes.length === 0) {
    throw nothingToDo(
      targets.length === 1
        ? `The ${map} already are as asked.`
        : `The ${map} of all ${targets.length} objects already are as asked.`,
    );
  }
  return writes;
}

function targetsOf(args: MapArguments, live: Live): readonly LiveObject[] {
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

function refuseContradictions(map: MapName, { set, remove }: MapArguments): void {
  if (Object.keys(set).length + remove.length === 0) {
    throw new StratusError('invalid_arguments', `There are no ${map} to set or to remove.`);
  }
  const both = remove.find((key) => Object.hasOwn(set, key));
  if (both !== undefined) {
    throw new StratusError('invalid_arguments', `"${both}" is both set and removed.`);
  }
}

function writeOf(map: MapName, args: MapArguments, target: LiveObject): PlannedWrite[] {
  const now = target.object.metadata[map] ?? {};
  const set = Object.entries(args.set).filter(([key, value]) => now[key] !== value);
  const remove = args.remove.filter((key) => Object.hasOwn(now, key));
  if (set.length + remove.length === 0) return [];
  const entries: JsonObject = Object.fromEntries([
    ...set,
    ...remove.map((key) => [key, null] as const),
  ]);
  const object = refOfLive(target);
  const words = [
    ...(set.length > 0 ? [`set ${set.map(([key]) => key).join(', ')}`] : []),
    ...(remove.length > 0 ? [`remove ${remove.join(', ')}`] : []),
  ];
  return [
    {
      verb: 'patch',
      object,
      patchType: 'merge',
      patch: { metadata: { [map]: entries } },
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
