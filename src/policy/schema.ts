import { z } from 'zod';
import { parseFieldPattern } from './field-path.ts';
import { CLUSTER_SCOPED, EFFECTS, isToolPattern, VERBS, WRITE_TOOLS } from './vocabulary.ts';

const tool = z
  .string()
  .regex(/^[a-z0-9_*?]+$/, 'must be a tool name such as mitigate_scale or a glob such as observe_*')
  .refine(
    isToolPattern,
    'matches no family of tools: observe_, audit_, incident_, mitigate_, transaction_, undo_',
  )
  .describe('A tool name or a glob: `mitigate_scale`, `observe_*`, `*`.');

const kind = z
  .string()
  .regex(
    /^(\*|[A-Z][A-Za-z0-9*?]*(\.[a-z0-9.*?-]+)?|\*\.[a-z0-9.*?-]+|[a-z][a-z0-9.*?-]*\/(\*|[A-Z][A-Za-z0-9*?]*))$/,
    'must be a kind as in manifests: Deployment, Deployment.apps, apps/* or *; the core group is core',
  )
  .describe(
    'A kind as in manifests. `Deployment`: that kind in any API group. `Deployment.apps`, `ConfigMap.core`: that kind of that group. `apps/*`, `apps/Deployment`: by group first. `*`: every kind.',
  );

const namespace = z
  .string()
  .regex(
    /^(<cluster>|[a-z0-9*?-]+)$/,
    `must be a namespace, a glob such as team-*, or ${CLUSTER_SCOPED} for cluster-scoped objects`,
  )
  .describe('A namespace or a glob. `*`: every namespace. `<cluster>`: cluster-scoped objects.');

const name = z.string().min(1).max(253).describe('A name or a glob: `db`, `web-*`.');

const labels = z
  .record(z.string().min(1), z.string())
  .refine((map) => Object.keys(map).length > 0, 'needs at least one label')
  .describe('Labels that the object must carry, all of them. Values are globs; `"*"`: any value.');

const field = z
  .string()
  .superRefine((text, context) => {
    try {
      parseFieldPattern(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  })
  .describe(
    'A field and everything below it: `spec.replicas`, `spec.template.spec.containers[*].image`, `spec.template.spec.containers[name=web].env`, `metadata.annotations["example.com/*"]`, `metadata.labels.**`.',
  );

const list = <T extends z.ZodType>(item: T) => z.array(item).min(1);

const reason = z.string().min(1).max(500);

const protectedEntry = z
  .strictObject({
    kinds: list(kind).optional(),
    namespaces: list(namespace).optional(),
    names: list(name).optional(),
    labels: labels.optional(),
    reason: reason.describe('Told to whoever tries to write there.'),
  })
  .refine(
    (entry) => Boolean(entry.kinds ?? entry.namespaces ?? entry.names ?? entry.labels),
    'needs kinds, namespaces, names or labels; kinds: ["*"] protects everything',
  )
  .describe('Objects that no rule can open for writes. All selectors given have to match.');

const rule = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case words with hyphens, such as scale-apps')
      .refine(
        (id) => id !== 'default',
        'is the id of the built-in rule that refuses what no rule opens',
      )
      .describe('Names the rule in answers and in the audit log. Unique in the file.'),
    effect: z
      .enum(EFFECTS)
      .describe(
        '`allow`; `ask`: only with a human’s approval of this very plan; `refuse`. Among the rules that match, refuse wins over ask and ask over allow; the order in the file has no meaning.',
      ),
    tools: list(tool).describe('Tools the rule speaks about.'),
    verbs: list(z.enum(VERBS))
      .optional()
      .describe('What is done to the object. A rule with verbs speaks about writes only.'),
    kinds: list(kind).optional().describe('Kinds. Absent: every kind, and calls without one.'),
    namespaces: list(namespace)
      .optional()
      .describe('Namespaces. Absent: every namespace and cluster-scoped objects.'),
    names: list(name).optional().describe('Object names. Absent: every name.'),
    labels: labels.optional(),
    fields: list(field)
      .optional()
      .describe(
        'Fields. Each changed field has to be covered by some allow or ask rule; one changed field inside is enough for refuse or ask to match. A rule with fields says nothing about deletes and evictions.',
      ),
    reason: reason.optional().describe('Told to the caller when the rule refuses or asks.'),
  })
  .superRefine((value, context) => {
    const writeOnly = (['verbs', 'fields', 'labels'] as const).filter((key) => value[key]);
    const first = writeOnly[0];
    if (first === undefined) return;
    const reads = value.tools.filter((pattern) => !WRITE_TOOLS.reachedBy(pattern));
    if (reads.length === value.tools.length) {
      const message = `speak about writes, but ${reads.join(', ')} only read: the rule could never match`;
      context.addIssue({ code: 'custom', path: [first], message });
    } else if (value.effect === 'refuse' && value.labels && !value.tools.every(WRITE_TOOLS.holds)) {
      const message =
        'are known for writes only: name writing tools (mitigate_*), or select by kinds, namespaces and names';
      context.addIssue({ code: 'custom', path: ['labels'], message });
    }
  });

const whole = (min: number, max: number) => z.int().min(min).max(max);

const bounds = z.strictObject({
  commands: whole(1, 100)
    .default(20)
    .describe('K: commands that change something, per transaction.'),
  minutes: whole(1, 240)
    .default(30)
    .describe('How long a transaction may stay open; then it is taken back.'),
  objects: whole(1, 200).default(20).describe('Distinct objects a transaction may touch.'),
  replicas: whole(1, 1000).default(20).describe('Highest replica count a command may set.'),
  replicaChange: whole(1, 1000)
    .default(5)
    .describe('Largest change of a replica count by one command.'),
  podsAtRisk: whole(1, 2000).default(30).describe('Pods that the touched workloads own, in all.'),
});

const settle = z.strictObject({
  timeoutSeconds: whole(5, 1800)
    .default(120)
    .describe('How long a commit waits for touched workloads to settle. Over it: undone.'),
  samples: whole(1, 20).default(3).describe('Equal measurements needed in a row.'),
  stableSeconds: whole(0, 600).default(30).describe('The time these measurements must span.'),
  minPodAgeSeconds: whole(0, 600)
    .default(20)
    .describe('No touched pod may be younger at the verdict: a crash loop starts after 10 s.'),
  graceSeconds: whole(0, 600)
    .default(15)
    .describe('How long a pod may be unschedulable, or a claim pending, before it counts.'),
});

const severity = z.strictObject({
  weights: z
    .record(z.string().regex(/^[A-Za-z][\w.-]*$/), z.number().min(0).max(100))
    .default({})
    .describe('Weight of a predicate by its id; those not named keep their own.'),
  settle: settle.prefault({}),
  outside: z
    .enum(['abort', 'warn'])
    .default('abort')
    .describe(
      'New critical violations outside the scope of a transaction: abort it, or only warn.',
    ),
});

const approvals = z.strictObject({
  elicitation: z
    .boolean()
    .default(false)
    .describe(
      'Let the client ask its human (MCP elicitation). The server can not tell a human from a client that accepts by itself, so it is off: approvals then come by `stratus-mcp approvals` alone.',
    ),
  decideMinutes: whole(1, 240).default(15).describe('How long a question waits for a person.'),
  useMinutes: whole(1, 240)
    .default(15)
    .describe('How long an approval may be used, once; how long a refusal is remembered.'),
});

const incidents = z.strictObject({
  attempts: whole(1, 20)
    .default(3)
    .describe('Attempts at one incident; each that is undone counts. Then a person is needed.'),
});

const answer = z.enum(['refuse', 'ask', 'warn']);

const owners = z.strictObject({
  gitops: answer
    .default('refuse')
    .describe(
      'Changes of fields that Argo CD, Flux or another GitOps controller declares: it puts them back, and the place to change them is git. Where it is told to leave the object alone (Flux: `kustomize.toolkit.fluxcd.io/reconcile: disabled`), the plan only warns.',
    ),
  helm: answer
    .default('warn')
    .describe('Changes of fields of a Helm release: its next upgrade may overwrite them.'),
  applied: answer
    .default('warn')
    .describe(
      'Changes of fields that any other field manager set by server-side apply: an operator, a pipeline or a person, who may put them back.',
    ),
  autoscaler: answer
    .default('warn')
    .describe(
      'Changes of `spec.replicas` of what a HorizontalPodAutoscaler or a KEDA ScaledObject scales: change its bounds instead.',
    ),
});

const keyPattern = z
  .string()
  .min(1)
  .max(200)
  .superRefine((text, context) => {
    try {
      new RegExp(text, 'i');
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

const redaction = z.strictObject({
  keyPatterns: z
    .array(keyPattern)
    .default([])
    .describe(
      'Regular expressions (any case) of env and ConfigMap keys whose values are masked, in addition to the built-in ones (password, token, api key and the like). Values of Secrets never leave, whatever is written here.',
    ),
});

/** The policy file, version 1. Strict: an unknown key is an error. */
export const policySchema = z
  .strictObject({
    version: z.literal(1).describe('Version of this format.'),
    name: z.string().min(1).max(100).describe('Shown in answers and in the audit log.'),
    description: z.string().max(2000).default('').describe('What the policy is for.'),
    mode: z
      .enum(['direct', 'guided'])
      .default('direct')
      .describe(
        '`guided`: changes are made only for an incident in its phase mitigation, after a hypothesis was recorded. `direct`: an incident may be named and need not.',
      ),
    protected: z.array(protectedEntry).default([]),
    rules: z
      .array(rule)
      .max(500)
      .describe('What no rule opens is refused. An empty list refuses everything.'),
    bounds: bounds.prefault({}).describe('The bounded risk window of a transaction.'),
    owners: owners
      .prefault({})
      .describe(
        'What happens to changes of what somebody else keeps as it is. `warn` only says so in the plan.',
      ),
    severity: severity.prefault({}).describe('How the gate at commit measures.'),
    incidents: incidents.prefault({}).describe('The bounds of an incident.'),
    approvals: approvals.prefault({}).describe('How a person approves what a rule asks for.'),
    redaction: redaction.prefault({}).describe('What is masked besides Secrets.'),
  })
  .describe('Policy of stratus-mcp: what an assistant may do on a cluster.');

export type PolicyDocument = z.output<typeof policySchema>;
export type RuleDocument = PolicyDocument['rules'][number];
export type ProtectedDocument = PolicyDocument['protected'][number];

/** The JSON Schema that editors use, of the file as people write it. */
export function policyJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(policySchema, { io: 'input', reused: 'inline' });
  return { ...schema, title: 'stratus-mcp policy' };
}
