import { z } from 'zod';
import { at, type JsonObject, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import { describeRef, type KubeObject } from '../../core/kube.ts';
import { redactObject } from '../../core/redact.ts';
import { compact } from '../render/manifest.ts';
import { ageText } from '../render/time.ts';
import { DATA_NOTE, shortText } from '../render/untrusted.ts';
import { defineObserveTool, type ObserveContext } from '../types.ts';
import { lookAside, permit } from './access.ts';
import {
  answerShape,
  kindArgument,
  nameArgument,
  namespaceArgument,
  noteShape,
} from './arguments.ts';
import { taintText } from './capacity/taints.ts';
import { conditionsOf, containersOf, isGood, keysOf } from './describe/facts.ts';
import { childrenOf, ownersOf } from './describe/family.ts';
import { relatedTo } from './describe/related.ts';
import { eventResource, foldAttempts, readEvents, showEvent } from './event-list.ts';
import { call } from './next-step.ts';
import { selectorText } from './related/label-match.ts';
import { createSurroundings, type Relation } from './related/surroundings.ts';
import { containerTroubles, stateOf } from './state.ts';
import { choosePlace, readTarget } from './target.ts';

const NAME = 'observe_describe';
const EVENTS_SHOWN = 10;
const ROLLED = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);
/** The state of a pod that ran and failed, or of a Job with failed pods. */
const FAILED = /(^| )(Crash|Error|OOM)|[1-9]\d* failed/;

const relation = z.looseObject({
  relation: z.string(),
  object: z.string(),
  state: z.string().optional(),
});

export const observeDescribe = defineObserveTool({
  name: NAME,
  title: 'Describe an object with its surroundings',
  description: [
    'Use this to understand why one object is as it is: its state and conditions, who owns it, what it owns, what it needs, what selects it, and its latest events, in one answer.',
    'For a workload or pod it checks that the ConfigMaps, Secrets, keys and claims it refers to are there; for a Service, whether pods match and endpoints are ready.',
    'For the manifest itself use observe_get.',
  ].join(' '),
  effect: 'observe',
  input: z.strictObject({
    kind: kindArgument,
    name: nameArgument,
    namespace: namespaceArgument,
  }),
  output: z.looseObject({
    ...answerShape,
    object: z.string(),
    state: z.string().optional(),
    age: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    selector: z.string().optional(),
    conditions: z.array(z.looseObject({})).optional(),
    containers: z.array(z.looseObject({})).optional(),
    keys: z.record(z.string(), z.string()).optional().describe('Names and sizes of what it holds.'),
    owners: z.array(relation).optional().describe('Nearest first.'),
    children: z.array(relation).optional(),
    related: z.array(relation).optional(),
    events: z.array(z.looseObject({})).optional().describe('Newest first.'),
    ...noteShape,
  }),
  async run(args, context) {
    const place = await choosePlace(context, args);
    const { object: raw } = await readTarget(context, NAME, place, args.name);
    const now = context.clock.now();
    const around = createSurroundings(context, NAME);
    const object = redactObject(raw, context.policy.redaction);
    const [owners, { relations: children, events }, related] = await Promise.all([
      ownersOf(object, around),
      childrenOf(object, around).then(async ({ relations, uids }) => ({
        relations,
        events: await eventsOf(object, uids, context),
      })),
      relatedTo(object, around),
    ]);
    const subject = describeRef({ kind: object.kind, ...object.metadata });
    const conditions = conditionsOf(object, now, context.policy.redaction);
    const taints = objectsOf(at(object, 'spec', 'taints')).map((it) => `taint ${taintText(it)}`);
    const state = [stateOf(object), ...(object.kind === 'Node' ? taints : [])].join(', ');
    const missing = [...owners, ...related].filter(
      ({ state: is }) => is && /^(MISSING|LACKS)/.test(is),
    );
    return {
      summary: summarise(subject, state, conditions, missing, children, events.shown),
      object: subject,
      ...compact({
        state,
        age: ageText(stringOf(object.metadata.creationTimestamp), now),
        labels: labelsOf(object),
        selector: selectorOf(object),
        conditions,
        containers: containersOf(object, context.policy.redaction),
        keys: keysOf(raw) as Record<string, string>,
        owners: owners.map((it) => ({ ...it })),
        children: children.map((it) => ({ ...it })),
        related: related.map((it) => ({ ...it })),
        events: events.shown,
        notes: [...place.notes, ...around.notes, ...events.notes],
        next: nextOf(object, children, missing, events.more),
        note: DATA_NOTE,
      }),
    };
  },
});

/** The object's events, and the warnings about what it owns: why a pod fails is told of the pod. */
async function eventsOf(
  object: KubeObject,
  children: ReadonlySet<string>,
  context: ObserveContext,
) {
  const { namespace, name, uid } = object.metadata;
  const look = await lookAside(async () => {
    permit(context, { tool: NAME, resource: await eventResource(context), namespace });
    // Events about nodes carry the node's name as uid.
    const about = object.kind === 'Node' ? {} : { uid };
    const own = await readEvents(context, { namespace, kind: object.kind, name, ...about });
    if (children.size === 0) return foldAttempts(own.groups);
    const theirs = await readEvents(context, { namespace, type: 'Warning' });
    const warnings = theirs.groups.filter((group) => children.has(group.uid));
    return foldAttempts([...own.groups, ...warnings].sort((a, b) => b.last - a.last));
  });
  if (!('seen' in look)) return { shown: [], more: 0, notes: [`No events: ${look.unseen}`] };
  const now = context.clock.now();
  const shown = look.seen
    .slice(0, EVENTS_SHOWN)
    .map((group) => showEvent(group, now, children.has(group.uid)));
  return { shown, more: look.seen.length - shown.length, notes: [] };
}

function labelsOf(object: KubeObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOf(object.metadata.labels)).map(([key, value]) => [
      key,
      shortText(String(value), 100),
    ]),
  );
}

/** What a Service or a disruption budget selects its pods by: more often wrong than anything else. */
function selectorOf({ kind, spec }: KubeObject): string | undefined {
  if (kind !== 'Service' && kind !== 'PodDisruptionBudget') return undefined;
  const selector = objectOf(at(spec, 'selector'));
  const text = selectorText(kind === 'Service' ? { matchLabels: selector } : selector);
  return text === '' ? undefined : shortText(text, 200);
}

function summarise(
  subject: string,
  state: string,
  conditions: readonly JsonObject[],
  missing: readonly Relation[],
  children: readonly Relation[],
  events: readonly JsonObject[],
): string {
  // A pod's state says it all already.
  const failing = subject.startsWith('Pod ') ? undefined : conditions.find((it) => !isGood(it));
  const warning = events.find(({ type }) => type === 'Warning');
  const failed = children.find((child) => FAILED.test(child.state ?? ''));
  return [
    `${subject}${state ? `: ${state}` : ''}.`,
    missing.length > 0 && `${missing.map(lackOf).join('; ')}.`,
    failing && `${failing.type}=${failing.status} (${failing.reason}).`,
    failed && `${failed.object}: ${shortText(failed.state ?? '', 200)}.`,
    warning && `Latest warning: ${warning.reason}, ${shortText(String(warning.message), 160)}`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** `ConfigMap shop/a is MISSING`, `Secret shop/b LACKS key c`. */
function lackOf({ object, state }: Relation): string {
  return state === 'MISSING' ? `${object} is MISSING` : `${object} ${state}`;
}

function nextOf(
  object: KubeObject,
  children: readonly Relation[],
  missing: readonly Relation[],
  more: number,
): string {
  const { name, namespace } = object.metadata;
  const place = namespace === undefined ? {} : { namespace };
  const reference = { kind: object.kind, name, ...place };
  const [lack] = missing;
  if (lack !== undefined && lack.relation !== 'owner') {
    const [kind = '', path = ''] = lack.object.split(' ');
    const other = path.slice(path.indexOf('/') + 1);
    return lack.state === 'MISSING'
      ? `${call('observe_list', { kind, ...place })} shows those that are there.`
      : `${call('observe_describe', { kind, name: other, ...place })} shows what it holds.`;
  }
  if (object.kind === 'Pod') {
    const troubles = containerTroubles(object);
    if (troubles.some(({ waiting, last }) => !waiting || last !== undefined)) {
      return call('observe_logs', { pod: name, ...place });
    }
    const node = stringOf(at(object, 'spec', 'nodeName'));
    if (node === undefined) return call('observe_capacity', { pod: name, ...place });
  }
  if (children.some((child) => FAILED.test(child.state ?? ''))) {
    return call('observe_logs', { workload: `${object.kind}/${name}`, ...place });
  }
  if (object.kind === 'Node') return `${call('observe_capacity', { node: name })} shows its pods.`;
  if (object.kind === 'Service' || object.kind === 'Ingress') {
    return `${call('observe_related', reference)} follows it to its pods and checks the ports.`;
  }
  if (ROLLED.has(object.kind) && / updated/.test(stateOf(object))) {
    return `${call('observe_rollout', reference)} shows why its rollout isn't done and what changed.`;
  }
  return more > 0
    ? `${call('observe_events', reference)} shows ${more} more events.`
    : `${call('observe_get', reference)} shows the manifest.`;
}
