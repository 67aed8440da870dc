import {
  type Given,
  INCIDENT,
  KIND,
  NAME,
  NAMESPACE,
  type Prompt,
  type PromptFacts,
  REPORT,
} from '../prompt.ts';
import { frame, otherRole } from './frame.ts';
import { call, calls, isPlainName, objectArguments, placesOf, steps } from './words.ts';

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];
const SUSPECTS = 3;
/** What broke it mostly came shortly before. */
const LOOK_BACK_MS = 3_600_000;

export function diagnosis(given: Given, facts: PromptFacts): string {
  const { known, canRecord } = facts;
  const since =
    known === undefined ? '2h' : new Date(known.row.openedAt - LOOK_BACK_MS).toISOString();
  const suspects = suspectsOf(given, facts);
  return `You are the diagnosis agent. Find the root cause, and the evidence that tells it from other causes. You read; you change nothing.
${otherRole(facts, ['diagnosis', 'detection'])}${frame(given, facts)}
Steps
${steps(
  `See what changed before it began:${calls(
    ...placesOf(given, facts).map((it) => call('observe_changes', { ...it, since })),
  )}`,
  `Look at what fails, and follow what it hangs on: workload, pods, containers; Service, selector, endpoints, port; claims, ConfigMaps, Secrets; quotas, nodes, webhooks.${calls(
    ...suspects.flatMap(looksAt),
  )}`,
  `Read what the failing container wrote, by kind of line; the first error in time counts more than the loudest. With "previous":true for one that restarts.${calls(
    call('observe_logs', {
      namespace: '<namespace>',
      workload: '<kind/name>',
      templates: true,
    }),
  )}`,
  'A pod that finds no node: observe_capacity. What a Service reaches: observe_related. What was done through this server: audit_query.',
  'Hold at least two explanations and look for the fact that tells them apart. Drop the one that it contradicts.',
  canRecord &&
    known !== undefined &&
    `Record the cause that is left, with what speaks for it:${calls(
      call('incident_update', {
        incident: known.row.id,
        hypothesis: '<object, field, its value now, what it should be>',
        evidence: ['<what you saw, and in which answer>'],
      }),
    )}`,
  canRecord &&
    known !== undefined &&
    `Hand over to mitigation:${calls(call('incident_update', { incident: known.row.id, phase: 'mitigation' }))}`,
)}

Stop when one explanation accounts for all symptoms and nothing you saw contradicts it. Stop as well after ten looks that did not narrow it down: then say what is missing${
    canRecord && known !== undefined
      ? `, and hand it to a person:${calls(
          call('incident_update', {
            incident: known.row.id,
            phase: 'escalated',
            reason: '<what is missing>',
          }),
        )}`
      : '.'
  }

Never: change anything, take the loudest symptom for the cause, or suspect again what an earlier attempt has disproved.

Answer with: the cause as object, field and present value; what it should be and how you know; the evidence, one line each; what was ruled out; how sure you are; the smallest change that would remove it.`;
}

function looksAt(object: { kind: string; name: string; namespace?: string }): string[] {
  const tool = WORKLOADS.includes(object.kind) ? 'observe_rollout' : 'observe_related';
  return [call('observe_describe', object), call(tool, object)];
}

/** The object that was named, and those whose violations opened the incident. */
function suspectsOf({ kind, name, namespace }: Given, { known }: PromptFacts) {
  const named =
    isPlainName(kind) && isPlainName(name)
      ? [{ kind, name, ...(isPlainName(namespace) ? { namespace } : {}) }]
      : [];
  const fired = [...new Set((known?.row.own ?? []).map(({ object }) => String(object)))];
  const found = [...named, ...fired.flatMap((object) => objectArguments(object) ?? [])];
  if (found.length > 0) return found.slice(0, SUSPECTS);
  return [{ kind: '<kind>', name: '<name>', namespace: '<namespace>' }];
}

export const diagnose: Prompt = {
  name: 'diagnose',
  title: 'Diagnose: why is it wrong?',
  description: 'Finds the root cause of an incident and the evidence for it, without touching it.',
  arguments: [INCIDENT, NAMESPACE, KIND, NAME, REPORT],
  needs: [],
  render: diagnosis,
};
