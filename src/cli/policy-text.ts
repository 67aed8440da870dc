import { StratusError } from '../core/errors.ts';
import type { ExplainingPolicy } from '../policy/evaluate.ts';
import type { PolicyWarning } from '../policy/lint.ts';
import { nearest } from '../policy/near.ts';
import { splitKind } from '../policy/selector.ts';
import type { Explanation } from '../policy/trace.ts';
import type { Effect, ReadQuestion, WriteQuestion } from '../policy/types.ts';
import { CORE_GROUP, isToolPattern, WRITE_TOOLS } from '../policy/vocabulary.ts';

export interface ExplainOptions {
  readonly tool: string;
  readonly verb?: WriteQuestion['verb'];
  readonly kind?: string;
  readonly group?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly field?: readonly string[];
  readonly label: Readonly<Record<string, string>>;
}

/** Groups of kinds that people name without one. */
const WELL_KNOWN_GROUPS: Readonly<Record<string, readonly string[]>> = {
  apps: ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ControllerRevision'],
  batch: ['Job', 'CronJob'],
  'networking.k8s.io': ['Ingress', 'IngressClass', 'NetworkPolicy'],
  autoscaling: ['HorizontalPodAutoscaler'],
  policy: ['PodDisruptionBudget'],
  'rbac.authorization.k8s.io': ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
  'storage.k8s.io': ['StorageClass', 'CSIDriver', 'VolumeAttachment'],
  'scheduling.k8s.io': ['PriorityClass'],
  'coordination.k8s.io': ['Lease'],
  'discovery.k8s.io': ['EndpointSlice'],
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'apiregistration.k8s.io': ['APIService'],
  'admissionregistration.k8s.io': [
    'MutatingWebhookConfiguration',
    'ValidatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
  ],
};

const CLUSTER_SCOPED_KINDS = new Set([
  ...['Namespace', 'Node', 'PersistentVolume', 'IngressClass', 'ClusterRole', 'ClusterRoleBinding'],
  ...['StorageClass', 'CSIDriver', 'VolumeAttachment', 'PriorityClass', 'APIService'],
  'CustomResourceDefinition',
  ...(WELL_KNOWN_GROUPS['admissionregistration.k8s.io'] ?? []),
]);

/** What a policy decides about one call, with the part each rule had in it. */
export function explain(
  policy: ExplainingPolicy,
  options: ExplainOptions,
  tools: readonly string[] = [],
): { text: string; effect: Effect } {
  requireTool(options.tool, tools);
  const { decision, trace, question } = WRITE_TOOLS.holds(options.tool)
    ? explainWrite(policy, options)
    : explainRead(policy, options);
  const header: [string, string][] = [
    ['policy', `${policy.name} (${policy.source})`],
    ['question', question],
    ['decision', `${decision.effect} by ${decision.rule}`],
    ['reason', decision.reason],
    ...unnamedFields(options, decision.effect),
  ];
  const width = Math.max(...trace.map(({ rule }) => rule.length), 4);
  const lines = trace.map(
    ({ rule, effect, matched, why }) =>
      `${matched ? '+' : '-'} ${rule.padEnd(width)}  ${effect.padEnd(9)}  ${why}\n`,
  );
  const text = `${table(header)}\nRules (+ matched, - did not):\n${lines.join('')}`;
  return { text, effect: decision.effect };
}

function requireTool(tool: string, known: readonly string[]): void {
  const unknown = known.length > 0 && !known.includes(tool);
  if (isToolPattern(tool) && !/[*?]/.test(tool) && !unknown) return;
  const meant = nearest(tool, known);
  throw new StratusError('invalid_arguments', `There is no tool ${tool}.`, {
    next: meant
      ? `Did you mean ${meant}?`
      : 'Name one tool, such as mitigate_scale or observe_list.',
  });
}

/** A change without named fields may be of any field: a refusal then says little about the tool. */
function unnamedFields(options: ExplainOptions, effect: Effect): [string, string][] {
  const { tool, verb, field = [] } = options;
  const changes = ['patch', 'apply'].includes(verb ?? verbOf(tool));
  if (effect === 'allow' || field.length > 0 || !WRITE_TOOLS.holds(tool) || !changes) return [];
  return [
    ['note', 'No field was named, so any may change. Name what changes: --field spec.replicas'],
  ];
}

type Explained = Explanation & { readonly question: string };

function explainWrite(policy: ExplainingPolicy, options: ExplainOptions): Explained {
  const { tool, namespace, name } = options;
  if (options.kind === undefined) {
    throw new StratusError('invalid_arguments', `${tool} writes, so the question needs a kind.`, {
      next: 'Add --kind, such as --kind Deployment.',
    });
  }
  const { kind, group } = kindAndGroup(options.kind, options.group);
  const question: WriteQuestion = {
    tool,
    verb: options.verb ?? verbOf(tool),
    kind,
    group: group ?? '',
    name: name ?? 'NAME',
    changedPaths: options.field ?? [],
    labels: options.label,
    ...(namespace === undefined ? {} : { namespace }),
  };
  const where = namespace === undefined ? 'cluster-scoped' : `in ${namespace}`;
  const fields = question.changedPaths.join(', ') || 'no field named';
  return {
    ...policy.explainWrite(question),
    question: `${question.verb} of ${kind}.${question.group || CORE_GROUP} ${question.name} ${where} by ${tool} (${fields})`,
  };
}

function explainRead(policy: ExplainingPolicy, options: ExplainOptions): Explained {
  const { tool, namespace, name } = options;
  const named = options.kind === undefined ? undefined : kindAndGroup(options.kind, options.group);
  const question: ReadQuestion = {
    tool,
    ...(named === undefined
      ? {}
      : {
          kind: named.kind,
          group: named.group,
          namespaced: !CLUSTER_SCOPED_KINDS.has(named.kind),
        }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
  const what = named ? ` of ${named.kind}.${named.group || CORE_GROUP}` : '';
  const object = name === undefined ? '' : ` ${name}`;
  const where = namespace === undefined ? '' : ` in ${namespace}`;
  return { ...policy.explainRead(question), question: `${tool}${what}${object}${where}` };
}

function kindAndGroup(text: string, groupOption?: string): { kind: string; group: string } {
  const { kind, group } = splitKind(text);
  const wellKnown = Object.entries(WELL_KNOWN_GROUPS).find(([, kinds]) => kinds.includes(kind));
  const chosen = groupOption ?? group ?? wellKnown?.[0] ?? '';
  return { kind, group: chosen === CORE_GROUP ? '' : chosen };
}

function verbOf(tool: string): WriteQuestion['verb'] {
  if (tool === 'mitigate_apply') return 'apply';
  return tool === 'mitigate_delete' ? 'delete' : 'patch';
}

/** What a valid policy amounts to. */
export function summarise(
  policy: ExplainingPolicy,
  tools: readonly string[],
  warnings: readonly PolicyWarning[] = [],
): string {
  const { bounds } = policy;
  const rows: [string, string][] = [
    ['policy', policy.name],
    ['file', policy.source],
    ['sha256', policy.digest],
    [
      'mode',
      policy.mode === 'guided'
        ? `guided: changes only for an incident, ${policy.incidents.attempts} attempts at each`
        : `direct; ${policy.incidents.attempts} attempts at an incident`,
    ],
    [
      'bounds',
      `${bounds.commands} commands, ${bounds.minutes} minutes, ${bounds.objects} objects, ${bounds.replicas} replicas, ±${bounds.replicaChange} replicas a command, ${bounds.podsAtRisk} pods at risk`,
    ],
  ];
  const off = tools.filter((tool) => !policy.offers(tool));
  if (tools.length > 0) rows.push(['not offered', off.join(', ') || 'none: every tool is offered']);
  const doubts = warnings.map(({ where, reason }) => `Warning: ${where}: ${reason}\n`).join('');
  return `${table(rows)}${doubts}The policy is valid.\n`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([key]) => key.length));
  return rows.map(([key, value]) => `${key.padEnd(width)}  ${value}\n`).join('');
}
