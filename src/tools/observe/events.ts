import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { describeRef } from '../../core/kube.ts';
import { pageByAnchor } from '../render/cursor.ts';
import { compact } from '../render/manifest.ts';
import { momentOf } from '../render/time.ts';
import { DATA_NOTE } from '../render/untrusted.ts';
import { defineObserveTool, type ObserveContext } from '../types.ts';
import { permit } from './access.ts';
import {
  allNamespacesArgument,
  answerShape,
  cursorArgument,
  limitArgument,
  namespaceArgument,
  noteShape,
  pagedShape,
} from './arguments.ts';
import { type EventGroup, eventResource, readEvents, showEvent } from './event-list.ts';
import { withNamespaceHelp } from './namespace-help.ts';
import { call } from './next-step.ts';
import { chooseNamespace, namespaceExists, resolveKind } from './target.ts';

const NAME = 'observe_events';

export const observeEvents = defineObserveTool({
  name: NAME,
  title: 'Events',
  description: [
    'Use this to see what Kubernetes reported lately: failed scheduling, image pulls, probes, mounts, refused pods.',
    'Newest first, equal events counted once; in a namespace or all, of one object, of one type or reason.',
    'Kubernetes forgets events after about an hour, so none is no proof that nothing happened.',
  ].join(' '),
  effect: 'observe',
  input: z.strictObject({
    namespace: namespaceArgument,
    all_namespaces: allNamespacesArgument,
    kind: z.string().max(200).optional().describe('Only events about objects of this kind.'),
    name: z.string().max(253).optional().describe('Only events about objects of this name.'),
    type: z.enum(['Normal', 'Warning']).optional().describe('Only events of this type.'),
    reason: z
      .string()
      .max(128)
      .optional()
      .describe('Only events with this reason.')
      .meta({ examples: ['FailedScheduling', 'BackOff', 'FailedCreate'] }),
    since: z
      .string()
      .max(40)
      .optional()
      .describe('Only events that last happened after this: 15m, 2h, or an RFC 3339 time.'),
    limit: limitArgument(30, 200),
    cursor: cursorArgument,
  }),
  output: z.looseObject({
    ...answerShape,
    events: z
      .array(
        z.looseObject({
          last: z.string(),
          type: z.string(),
          reason: z.string(),
          object: z.string(),
          message: z.string(),
          count: z.number().optional(),
        }),
      )
      .describe('Newest first; count tells how often it happened.'),
    warnings: z.number().optional().describe('How many of all are of type Warning.'),
    ...pagedShape,
    ...noteShape,
  }),
  async run(args, context) {
    const now = context.clock.now();
    const place = await placeOf(args, context);
    permit(context, {
      tool: NAME,
      resource: await eventResource(context),
      namespace: place.namespace,
    });
    const since = args.since === undefined ? undefined : momentOf(args.since, now, 'since');
    const { all_namespaces } = args;
    const { groups, complete } = await withNamespaceHelp(context, NAME, { all_namespaces }, () =>
      readEvents(context, {
        namespace: place.namespace,
        kind: place.kind,
        name: args.name,
        type: args.type,
        reason: args.reason,
      }),
    );
    const recent = groups.filter(({ last }) => since === undefined || last >= since);
    const { kind, name, type, reason } = args;
    const page = pageByAnchor(recent, ({ last, id }) => ({ rank: last, id }), {
      ...args,
      query: {
        tool: NAME,
        namespace: place.namespace,
        kind,
        name,
        type,
        reason,
        since: args.since,
      },
    });
    const notes = complete ? [] : ['There are too many events: only 20,000 of them were read.'];
    if (groups.length === 0 && place.namespace !== undefined) {
      const exists = await namespaceExists(context, NAME, place.namespace);
      if (exists === false) notes.push(`Namespace ${place.namespace} doesn't exist.`);
    }
    const events = page.items.map((group) => showEvent(group, now, true) as ShownEvent);
    return {
      summary: summarise(recent, args, place.namespace),
      events,
      ...compact({
        warnings: recent.filter((group) => group.type === 'Warning').length,
        ...(page.cursor ? { truncated: true, remaining: page.remaining, cursor: page.cursor } : {}),
        notes,
        next: nextOf(page.items, place.namespace),
        note: events.length > 0 ? DATA_NOTE : undefined,
      }),
    };
  },
});

interface ShownEvent {
  [key: string]: unknown;
  last: string;
  type: string;
  reason: string;
  object: string;
  message: string;
}

interface Filters {
  kind?: string | undefined;
  name?: string | undefined;
  type?: string | undefined;
  reason?: string | undefined;
  since?: string | undefined;
}

async function placeOf(
  args: Filters & { namespace?: string | undefined; all_namespaces: boolean },
  context: ObserveContext,
): Promise<{ kind?: string; namespace?: string }> {
  const resource = args.kind === undefined ? undefined : await resolveKind(context, args.kind);
  // Events about a cluster-scoped object lie in `default`, or wherever its reporter put them.
  const anywhere = resource !== undefined && !resource.namespaced;
  const namespace = anywhere ? undefined : chooseNamespace(context, args);
  if (args.name !== undefined && resource === undefined && namespace === undefined) {
    throw new StratusError('invalid_arguments', 'A name alone is not enough in all namespaces.', {
      next: 'Give kind too, or a namespace.',
    });
  }
  return {
    ...(resource ? { kind: resource.kind } : {}),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function summarise(
  groups: readonly EventGroup[],
  args: Filters,
  namespace: string | undefined,
): string {
  const where = namespace === undefined ? 'all namespaces' : `namespace ${namespace}`;
  const about =
    args.kind !== undefined && args.name !== undefined
      ? ` about ${describeRef({ kind: args.kind, name: args.name })}`
      : '';
  if (groups.length === 0) return `No events${about} in ${where} match.`;
  const reasons = new Map<string, number>();
  for (const { type, reason, count } of groups) {
    if (type === 'Warning') reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  }
  const often = [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 4);
  const warnings = often.map(([reason, count]) => `${reason} ×${count}`).join(', ');
  return `${groups.length} different events${about} in ${where}${warnings ? `; warnings: ${warnings}` : ', no warnings'}.`;
}

function nextOf(groups: readonly EventGroup[], namespace: string | undefined): string | undefined {
  const worst = groups.find(({ type }) => type === 'Warning');
  if (!worst) return undefined;
  const [kind = '', path = ''] = worst.object.split(' ');
  const name = path.slice(path.indexOf('/') + 1);
  const inside = path.includes('/') ? path.slice(0, path.indexOf('/')) : namespace;
  return call('observe_describe', { kind, name, ...(inside ? { namespace: inside } : {}) });
}
