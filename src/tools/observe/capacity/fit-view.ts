import { at, objectsOf, stringOf } from '../../../core/json.ts';
import { describeRef, type KubeObject } from '../../../core/kube.ts';
import { redactText } from '../../../core/redact.ts';
import { compact } from '../../render/manifest.ts';
import { DATA_NOTE, shortText } from '../../render/untrusted.ts';
import type { ObserveContext } from '../../types.ts';
import { lookAside, permit } from '../access.ts';
import { eventResource, readEvents } from '../event-list.ts';
import { call } from '../next-step.ts';
import { createSurroundings } from '../related/surroundings.ts';
import { readTarget, resolveKind } from '../target.ts';
import { loadWithout, misfits, notEvaluated } from './fit.ts';
import { NAME } from './look.ts';
import { podRow } from './rows.ts';
import { readNodes } from './views.ts';
import { volumeDemands } from './volumes.ts';

const NODES_SHOWN = 50;

/** Per node, why one pod doesn't fit there, beside what the scheduler itself said. */
export async function fitView(context: ObserveContext, namespace: string, name: string) {
  const resource = await resolveKind(context, 'pods');
  const place = { resource, namespace, notes: [] };
  const { object: pod } = await readTarget(context, NAME, place, name);
  const around = createSurroundings(context, NAME);
  const [{ nodes, pods, loadOf }, volumes, said] = await Promise.all([
    readNodes(context),
    volumeDemands(pod, around),
    schedulerSaid(pod, context),
  ]);
  const unjudged = new Set([
    ...notEvaluated(pod, 'seen' in pods ? pods.seen : undefined),
    ...volumes.unjudged,
    ...('seen' in pods ? [] : ['requests against what is free, and host ports: pods are hidden']),
  ]);
  const seen = 'seen' in nodes ? nodes.seen : [];
  const verdicts = seen.map((node) => {
    const load = loadOf(node.metadata.name);
    const found = misfits(pod, node, load && loadWithout(pod, load), volumes);
    for (const it of found.unjudged) unjudged.add(it);
    return { node: node.metadata.name, reasons: found.reasons };
  });
  const fitting = verdicts.filter(({ reasons }) => reasons.length === 0);
  const gates = objectsOf(at(pod, 'spec', 'schedulingGates')).map((it) => String(it.name));
  const blocked = [
    ...(gates.length > 0 ? [`scheduling gates hold the pod back: ${gates.join(', ')}`] : []),
    ...volumes.everywhere,
  ];
  const subject = describeRef({ kind: 'Pod', namespace, name });
  return compact({
    summary: summarise(subject, pod, {
      hidden: !('seen' in nodes),
      fitting: fitting.length,
      all: seen.length,
      blocked,
      partly: unjudged.size > 0,
    }),
    pod: podRow(pod, undefined),
    blocked: blocked.map((it) => shortText(it)),
    fits: fitting.slice(0, NODES_SHOWN).map(({ node }) => node),
    misfits: verdicts
      .filter(({ reasons }) => reasons.length > 0)
      .slice(0, NODES_SHOWN)
      .map(({ node, reasons }) => ({ node, reasons: reasons.map((it) => shortText(it)) })),
    ...(seen.length > NODES_SHOWN ? { truncated: true } : {}),
    not_evaluated: [...unjudged].map((it) => shortText(it)),
    scheduler_said: said.texts,
    notes: [
      ...('seen' in nodes
        ? []
        : [`Nodes were not looked at, so where it fits is unknown: ${nodes.unseen}`]),
      ...('seen' in pods ? [] : [`Pods of other namespaces were not looked at: ${pods.unseen}`]),
      ...around.notes,
      ...said.notes,
    ],
    next: `${call('observe_describe', { kind: 'Pod', namespace, name })} shows its events and claims.`,
    note: DATA_NOTE,
  });
}

async function schedulerSaid(pod: KubeObject, context: ObserveContext) {
  const texts: string[] = [];
  const condition = objectsOf(at(pod, 'status', 'conditions')).find(
    (it) => it.type === 'PodScheduled' && it.status === 'False',
  );
  const add = (message: string | undefined) => {
    if (!message) return;
    const text = shortText(redactText(message, context.policy.redaction), 1_000);
    if (!texts.includes(text)) texts.push(text);
  };
  add(stringOf(condition?.message));
  const { namespace, name, uid } = pod.metadata;
  const events = await lookAside(async () => {
    permit(context, { tool: NAME, resource: await eventResource(context), namespace });
    const about = { namespace, kind: 'Pod', name, uid, reason: 'FailedScheduling' };
    return (await readEvents(context, about)).groups;
  });
  if (!('seen' in events)) return { texts, notes: [`No events: ${events.unseen}`] };
  add(events.seen[0]?.message);
  return { texts, notes: [] };
}

function summarise(
  subject: string,
  pod: KubeObject,
  found: { hidden: boolean; fitting: number; all: number; blocked: string[]; partly: boolean },
): string {
  const on = stringOf(at(pod, 'spec', 'nodeName'));
  const where = on ? `${subject} is on node ${on}.` : `${subject} is on no node.`;
  const held = found.blocked.length > 0 ? ` It fits nowhere: ${found.blocked.join('; ')}.` : '';
  if (found.hidden) return `${where}${held} Nodes are hidden, so where it would fit is unknown.`;
  const partly = found.partly ? ', as far as was evaluated' : '';
  return `${where}${held} ${found.fitting} of ${found.all} nodes would take it${partly}.`;
}
