import { z } from 'zod';
import { at, objectOf } from '../../core/json.ts';
import { describeRef, type KubeObject } from '../../core/kube.ts';
import type { RedactionRules } from '../../core/redact-text.ts';
import { pageByAnchor } from '../render/cursor.ts';
import { compact } from '../render/manifest.ts';
import { DATA_NOTE, fenceUntrusted, shortText } from '../render/untrusted.ts';
import { cleanTemplate, type Revision, revisionsOf } from '../revisions/revisions.ts';
import { defineObserveTool, type ObserveContext } from '../types.ts';
import {
  answerShape,
  cursorArgument,
  kindArgument,
  limitArgument,
  nameArgument,
  namespaceArgument,
  noteShape,
  pagedShape,
} from './arguments.ts';
import { selectorText } from './related/label-match.ts';
import { createSurroundings } from './related/surroundings.ts';
import { chooseSides, type Sides } from './rollout/choose.ts';
import { currentRevision, isOf, showRevision } from './rollout/history.ts';
import { type LastGood, lastGood } from './rollout/last-good.ts';
import { withoutRevisions } from './rollout/no-revisions.ts';
import { type Reasons, reasonsOf } from './rollout/reasons.ts';
import { type RolloutStatus, rolloutStatus } from './rollout/status.ts';
import { templateDiff } from './rollout/template-diff.ts';
import { nextAfterRollout, summariseRollout } from './rollout/words.ts';
import { choosePlace, type Place, readTarget } from './target.ts';

const NAME = 'observe_rollout';
const KEEPERS: Readonly<Record<string, string>> = {
  Deployment: 'ReplicaSet',
  StatefulSet: 'ControllerRevision',
  DaemonSet: 'ControllerRevision',
};

export const observeRollout = defineObserveTool({
  name: NAME,
  title: 'Rollout status, history and what changed',
  description: [
    'Use this when a rollout hangs or broke something: its status as kubectl rollout status words it and why it waits, the revisions with what each serves, which one worked last and how that is known, and the diff of the pod template from it to the current, or between any two.',
    'For a Deployment, StatefulSet or DaemonSet.',
  ].join(' '),
  effect: 'observe',
  input: z.strictObject({
    kind: kindArgument,
    name: nameArgument,
    namespace: namespaceArgument,
    revision: z.int().min(1).optional().describe('Diff to this revision. Default: the current.'),
    compare_to: z
      .int()
      .min(1)
      .optional()
      .describe('Diff from it. Default: the last good one, else the one before.'),
    limit: limitArgument(5, 50),
    cursor: cursorArgument,
    offset: z.int().min(0).default(0).describe('Characters of the diff to skip.'),
    max_characters: z.int().min(500).max(60_000).default(4_000).describe('Of the diff.'),
  }),
  output: z.looseObject({
    ...answerShape,
    object: z.string(),
    state: z.string(),
    message: z.string(),
    replicas: z.record(z.string(), z.number()),
    why: z.array(z.string()).optional(),
    revisions: z.array(z.looseObject({ revision: z.number() })),
    total_revisions: z.number(),
    last_good: z.looseObject({ revision: z.number() }).optional(),
    diff: z
      .looseObject({
        from: z.string(),
        to: z.string(),
        unified: z.string().optional(),
        truncated: z.boolean().optional(),
        next_offset: z.number().optional(),
      })
      .optional(),
    ...pagedShape,
    ...noteShape,
  }),
  async run(args, context) {
    const place = await choosePlace(context, args);
    const keeper = keeperOf(context, place, args.name);
    const live = await readTarget(context, NAME, place, args.name);
    const workload = live.object;
    const { namespace } = workload.metadata;
    const around = createSurroundings(context, NAME);
    const labelSelector = selectorText(objectOf(at(workload, 'spec', 'selector')));
    const [kept, pods] = await Promise.all([
      around.list({ apiVersion: 'apps/v1', kind: keeper, namespace }, { labelSelector }),
      around.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { labelSelector }),
    ]);
    const canSee = (kind: string) =>
      ![...around.notes].some((it) => it.startsWith(`${kind}s were`));
    const revisions = revisionsOf(
      live,
      kept.map((object) => ({ object })),
    );
    const current = currentRevision(workload, revisions);
    const rules = context.policy.redaction;
    const reasons = reasonsOf(
      workload,
      pods.filter((pod) => revisions.some((revision) => isOf(revision, pod))),
      (pod) => current !== undefined && isOf(current, pod),
      rules,
    );
    const status = judge(workload, reasons);
    const seenPods = canSee('Pod') ? pods : undefined;
    const page = pageByAnchor(revisions, ({ number }) => ({ rank: number, id: '' }), {
      limit: args.limit,
      cursor: args.cursor,
      query: { tool: NAME, kind: workload.kind, namespace, name: args.name },
    });
    const subject = describeRef({ kind: workload.kind, ...workload.metadata });
    const template = cleanTemplate(objectOf(at(workload, 'spec', 'template')));
    const good = lastGood(workload, status, revisions, current, seenPods);
    const sides = canSee(keeper)
      ? chooseSides(subject, revisions, current, template, sidesAsked(args, good, current))
      : undefined;
    // A later page of the history is not about the diff.
    const wanted = args.cursor === undefined || args.revision !== undefined;
    const diff = wanted && sides ? showDiff(sides, args, rules) : undefined;
    const facts = { now: context.clock.now(), rules, pods: seenPods };
    return {
      summary: summariseRollout(subject, status, reasons, current, revisions, seenPods),
      object: subject,
      state: status.state,
      message: shortText(status.message),
      strategy: status.strategy,
      ...(status.partition === undefined ? {} : { partition: status.partition }),
      replicas: {
        desired: status.desired,
        updated: status.updated,
        ready: status.ready,
        available: status.available,
      },
      ...(status.state === 'complete' ? {} : compact({ why: [...reasons.why] })),
      revisions: page.items.map((it) => ({
        revision: it.number,
        ...showRevision(it, { ...facts, current: it === current }),
      })),
      total_revisions: page.total,
      ...(good === undefined
        ? {}
        : { last_good: { revision: good.revision.number, known_by: good.knownBy } }),
      ...compact({
        ...(page.cursor === undefined
          ? {}
          : { truncated: true, remaining: page.remaining, cursor: page.cursor }),
        diff,
        notes: [
          ...place.notes,
          ...around.notes,
          ...(good === undefined && revisions.length > 1 ? [NOTHING_GOOD] : []),
        ],
        next: nextAfterRollout(workload, status, reasons, revisions, diff?.next_offset, args),
        note: DATA_NOTE,
      }),
    };
  },
});

/** @throws StratusError when the kind has no rollouts. */
function keeperOf(context: ObserveContext, { resource, namespace }: Place, name: string): string {
  const keeper = resource.group === 'apps' ? KEEPERS[resource.kind] : undefined;
  if (keeper !== undefined) return keeper;
  throw withoutRevisions(context, { kind: resource.kind, namespace, name });
}

const NOTHING_GOOD =
  'Which revision worked last is not known: Kubernetes keeps no record of it, and no pod of an earlier one is left.';

/** Nobody asked for sides: what broke is seen best against what worked, not against an earlier failed attempt. */
function sidesAsked(
  args: { revision?: number | undefined; compare_to?: number | undefined },
  good: LastGood | undefined,
  current: Revision | undefined,
) {
  const asked = args.revision !== undefined || args.compare_to !== undefined;
  if (asked || good === undefined || good.revision === current) return args;
  return { compare_to: good.revision.number };
}

/** Only Deployments have a deadline. In the others a new pod that fails holds the rollout up. */
function judge(workload: KubeObject, { troubled }: Reasons): RolloutStatus {
  const status = rolloutStatus(workload);
  const held = status.state === 'progressing' && workload.kind !== 'Deployment' && troubled;
  return held ? { ...status, state: 'stuck' } : status;
}

interface ShownDiff {
  [key: string]: unknown;
  from: string;
  to: string;
  unified?: string;
  next_offset?: number;
}

function showDiff(
  { from, to }: Sides,
  args: { offset: number; max_characters: number },
  rules: RedactionRules,
): ShownDiff {
  const titles = { from: from.title, to: to.title };
  const text = templateDiff(from, to, rules);
  if (text === undefined)
    return { ...titles, remark: 'They have too little in common to compare.' };
  if (text === '') return { ...titles, remark: 'Their pod templates are equal.' };
  const piece = text.slice(args.offset, args.offset + args.max_characters);
  const end = args.offset + piece.length;
  return {
    ...titles,
    unified: fenceUntrusted(piece),
    ...(end < text.length
      ? { truncated: true, total_characters: text.length, next_offset: end }
      : {}),
  };
}
