import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { describeRef } from '../../core/kube.ts';
import type { Measurement, Violation } from '../../severity/types.ts';
import { pageByAnchor } from '../render/cursor.ts';
import { compact } from '../render/manifest.ts';
import { DATA_NOTE, shortText } from '../render/untrusted.ts';
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
import { call, nextStep } from './next-step.ts';
import { chooseNamespace, namespaceExists } from './target.ts';

const NAME = 'observe_health';

/** Weight × value: what the violation adds to the severity. */
const shareOf = (violation: Violation) => Number((violation.weight * violation.value).toFixed(3));

export const observeHealth = defineObserveTool({
  name: NAME,
  title: 'What is wrong now',
  description: [
    'Use this first, and again after each change, to see what is wrong in a namespace or the whole cluster.',
    'Measures severity (0 is healthy) and lists the violations behind it, worst first: workloads short of replicas, containers that wait or crash, Services without endpoints, pending claims, unready nodes and more.',
    'Each violation names the tool to call next. What could not be observed is listed as unknown and never counts as healthy.',
  ].join(' '),
  effect: 'observe',
  input: z.strictObject({
    namespace: namespaceArgument,
    all_namespaces: allNamespacesArgument,
    limit: limitArgument(20, 200),
    cursor: cursorArgument,
  }),
  output: z.looseObject({
    ...answerShape,
    severity: z
      .number()
      .optional()
      .describe('Sum of the shares of all violations; absent while something is unknown.'),
    violations: z
      .array(
        z.looseObject({
          share: z.number().describe('What it adds to the severity.'),
          predicate: z.string(),
          object: z.string(),
          reason: z.string(),
          message: z.string().optional(),
          pods: z.array(z.string()).optional(),
          next: z.string(),
        }),
      )
      .optional(),
    by_predicate: z.record(z.string(), z.number()).optional().describe('Violations a predicate.'),
    unknowns: z
      .array(z.looseObject({ what: z.string(), reason: z.string() }))
      .optional()
      .describe('Not observed, so not healthy.'),
    measured_at: z.string(),
    ...pagedShape,
    ...noteShape,
  }),
  async run(args, context) {
    const namespace = chooseNamespace(context, args);
    permit(context, { tool: NAME, namespace });
    if (namespace !== undefined) await assertNamespace(context, namespace);
    const scope = { namespaces: namespace === undefined ? ('all' as const) : [namespace] };
    const measured = await context.meter.measure(scope, context.signal);
    const page = pageByAnchor(
      measured.violations,
      (violation) => ({ rank: shareOf(violation), id: violation.id }),
      { ...args, query: { tool: NAME, namespace } },
    );
    const worst = page.items[0];
    return compact({
      summary: summarise(measured, namespace),
      ...(measured.unknowns.length === 0 ? { severity: round(measured.severity) } : {}),
      violations: page.items.map((violation) => ({ ...show(violation) })),
      by_predicate: count(measured.violations),
      unknowns: measured.unknowns.map(({ what, reason }) => ({ what, reason: shortText(reason) })),
      measured_at: new Date(measured.at).toISOString(),
      ...(page.cursor ? { truncated: true, remaining: page.remaining, cursor: page.cursor } : {}),
      next: worst
        ? nextStep(worst)
        : (unknownNext(measured) ?? elsewhere(args.namespace, namespace)),
      ...(worst ? { note: DATA_NOTE } : {}),
    });
  },
});

async function assertNamespace(context: ObserveContext, namespace: string): Promise<void> {
  if ((await namespaceExists(context, NAME, namespace)) !== false) return;
  throw new StratusError(
    'not_found',
    `Namespace ${namespace} doesn't exist, so nothing in it can be healthy.`,
    { next: 'observe_list {"kind":"Namespace"} shows the namespaces.' },
  );
}

function show(violation: Violation) {
  const object = describeRef(violation.object);
  const { message } = violation;
  return compact({
    share: shareOf(violation),
    predicate: violation.predicate,
    object,
    reason: shortText(violation.reason, 120),
    // The object stands beside it already.
    message: shortText(
      message.startsWith(`${object}: `) ? message.slice(object.length + 2) : message,
    ),
    pods: [...(violation.pods ?? [])],
    next: nextStep(violation),
  });
}

function summarise(measured: Measurement, namespace: string | undefined): string {
  const where = namespace === undefined ? 'the whole cluster' : `namespace ${namespace}`;
  const { violations, unknowns } = measured;
  const hidden = unknowns.map(({ what }) => what).join(', ');
  const blind = unknowns.length > 0 ? ` Not observed, so not healthy: ${hidden}.` : '';
  const [worst] = violations;
  if (!worst) {
    return unknowns.length > 0
      ? `No violation was seen in ${where}, but severity is unknown.${blind}`
      : `No violation in ${where}: severity 0.`;
  }
  const total = unknowns.length > 0 ? 'severity unknown' : `severity ${round(measured.severity)}`;
  const many = `${violations.length} ${violations.length === 1 ? 'violation' : 'violations'}`;
  return `${many} in ${where}, ${total}. Worst: ${describeRef(worst.object)}, ${shortText(worst.reason, 120)}.${blind}`;
}

function unknownNext(measured: Measurement): string | undefined {
  if (measured.unknowns.length === 0) return undefined;
  return 'Give this server permission to read what is unknown, or choose a namespace that it may read.';
}

/** Nothing wrong in a namespace that nobody asked for says little about the cluster. */
function elsewhere(asked: string | undefined, namespace: string | undefined): string | undefined {
  if (asked !== undefined || namespace === undefined) return undefined;
  return `${call(NAME, { all_namespaces: true })} looks in the whole cluster.`;
}

function count(violations: readonly Violation[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { predicate } of violations) counts[predicate] = (counts[predicate] ?? 0) + 1;
  return counts;
}

const round = (value: number) => Number(value.toFixed(3));
