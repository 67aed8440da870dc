import { z } from 'zod';
import { pageByAnchor } from '../render/cursor.ts';
import { compact } from '../render/manifest.ts';
import { durationText, momentOf } from '../render/time.ts';
import { DATA_NOTE } from '../render/untrusted.ts';
import { defineObserveTool } from '../types.ts';
import {
  allNamespacesArgument,
  answerShape,
  cursorArgument,
  limitArgument,
  namespaceArgument,
  noteShape,
  pagedShape,
} from './arguments.ts';
import { collectChanges, placeOfChanges } from './changes/collect.ts';
import { ownTransaction } from './changes/own.ts';
import type { Change, ChangeKind } from './changes/types.ts';
import { OWN } from './changes/writes.ts';
import { call } from './next-step.ts';
import { namespaceExists } from './target.ts';

const NAME = 'observe_changes';

export const observeChanges = defineObserveTool({
  name: NAME,
  title: 'What changed recently',
  description: [
    'Use this to find what broke it: what changed lately, newest first.',
    'Rollouts with what their template changed, who wrote which fields of which object, what was created or is being deleted, warnings.',
    'Of what is gone only events remain.',
  ].join(' '),
  effect: 'observe',
  input: z.strictObject({
    namespace: namespaceArgument,
    all_namespaces: allNamespacesArgument,
    kind: z.string().max(200).optional().describe('Only of this kind. Default: all usual ones.'),
    name: z.string().max(253).optional().describe('With kind: only of this object.'),
    since: z.string().max(40).default('1h').describe('15m, 2h, 7d or an RFC 3339 time.'),
    limit: limitArgument(20, 100),
    cursor: cursorArgument,
  }),
  output: z.looseObject({
    ...answerShape,
    changes: z.array(
      z.looseObject({
        at: z.string(),
        object: z.string(),
        said: z.string(),
      }),
    ),
    total: z.number(),
    ...pagedShape,
    ...noteShape,
  }),
  async run(args, context) {
    const now = context.clock.now();
    const since = momentOf(args.since, now, 'since');
    const place = await placeOfChanges(context, NAME, args);
    const found = await collectChanges(context, NAME, { ...place, since });
    const { namespace } = place;
    const page = pageByAnchor(found.changes, ({ at, id }) => ({ rank: at, id }), {
      limit: args.limit,
      cursor: args.cursor,
      query: { tool: NAME, namespace, kind: args.kind, name: args.name, since: args.since },
    });
    const shown = await Promise.all(
      page.items.map(async (change) => {
        const told = { ...change, ...(await change.tell?.()) };
        const own = told.by?.startsWith(OWN) ? ownTransaction(context, told) : undefined;
        return { ...told, ...(own === undefined ? {} : { by: `${told.by} (${own})` }) };
      }),
    );
    const notes = [...found.notes];
    // What reaches into every namespace is told for one that doesn't exist too.
    const inside = found.changes.some(({ object }) => object.includes(` ${namespace}/`));
    if (!inside && namespace !== undefined) {
      const exists = await namespaceExists(context, NAME, namespace);
      if (exists === false) notes.push(`Namespace ${namespace} doesn't exist.`);
    }
    return {
      summary: summarise(found.changes, place, args.since, found.hidden),
      changes: shown.map((change) => show(change, now)),
      total: page.total,
      ...compact({
        ...(page.cursor === undefined
          ? {}
          : { truncated: true, remaining: page.remaining, cursor: page.cursor }),
        notes,
        next: nextOf(shown, place),
        note: shown.length > 0 ? DATA_NOTE : undefined,
      }),
    };
  },
});

type Where = Awaited<ReturnType<typeof placeOfChanges>>;

function show({ at, what, object, by, said }: Change, now: number) {
  return {
    at: `${new Date(at).toISOString().slice(0, 19)}Z, ${durationText(now - at)} ago`,
    what,
    object,
    said,
    ...(by === undefined ? {} : { by }),
  };
}

const COUNTED: readonly (readonly [ChangeKind, one: string, many: string])[] = [
  ['rollout', 'rollout', 'rollouts'],
  ['created', 'new object', 'new objects'],
  ['deleting', 'object being deleted', 'objects being deleted'],
  ['write', 'write', 'writes'],
  ['event', 'kind of event', 'kinds of events'],
];

function summarise(
  changes: readonly Change[],
  { namespace, resource, name }: Where,
  since: string,
  partial: boolean,
): string {
  const about =
    resource === undefined
      ? ''
      : ` of ${name === undefined ? resource.plural : `${resource.kind} ${name}`}`;
  const where =
    resource?.namespaced === false
      ? ''
      : namespace === undefined
        ? ' in all namespaces'
        : ` in namespace ${namespace}`;
  const hidden = partial ? ' Not everything could be seen: see notes.' : '';
  if (changes.length === 0)
    return `No changes${about}${where} since ${since} are to be seen.${hidden}`;
  const counts = COUNTED.flatMap(([what, one, many]) => {
    const count = changes.filter((change) => change.what === what).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return `Changes${about}${where} since ${since}: ${counts.join(', ')}.${hidden}`;
}

/** The closest look at what most likely did it: a template that was changed, or else what was written. */
function nextOf(changes: readonly Change[], { namespace }: Where): string {
  const everywhere = namespace === undefined ? { all_namespaces: true } : { namespace };
  const found =
    changes.find(({ what }) => what === 'rollout') ??
    changes.find(({ what, by }) => what === 'write' && !by?.startsWith(OWN)) ??
    changes.find(({ what }) => what !== 'event');
  if (found === undefined) return call('observe_health', everywhere);
  const [kind = '', path = ''] = found.object.split(' ');
  const name = path.slice(path.indexOf('/') + 1);
  const inside = path.includes('/') ? { namespace: path.slice(0, path.indexOf('/')) } : {};
  if (found.what === 'rollout') return call('observe_rollout', { kind, name, ...inside });
  return call('observe_get', { kind, name, ...inside });
}
