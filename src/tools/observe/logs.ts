import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import type { KubeObject } from '../../core/kube.ts';
import { compact } from '../render/manifest.ts';
import { momentOf } from '../render/time.ts';
import { DATA_NOTE } from '../render/untrusted.ts';
import { defineObserveTool, type ObserveContext } from '../types.ts';
import { answerShape, namespaceArgument, noteShape } from './arguments.ts';
import { createGrep } from './logs/grep.ts';
import { findPods } from './logs/pods.ts';
import { type LogRead, type LogRequest, readLog, unreadable } from './logs/read.ts';
import { type LogPart, showGrouped, showMerged, showTemplates } from './logs/show.ts';
import { call } from './next-step.ts';
import { stateOf } from './state.ts';

const NAME = 'observe_logs';
// Newest lines of each pod where the caller names no number.
const SHOWN_LINES = 50;
const TEMPLATE_LINES = 2_000;

export const observeLogs = defineObserveTool({
  name: NAME,
  title: 'Container logs',
  description: [
    'Use this to read what a container wrote: of a pod, or of the pods of a workload, those in trouble first.',
    'The newest lines, of the present run or the previous one (after a crash), searched with grep if wanted, pods apart, interleaved by time, or as templates with counts.',
    'A container that waits or never ran has no log; the answer then says why it waits.',
  ].join(' '),
  effect: 'observe',
  input: z.strictObject({
    namespace: namespaceArgument,
    pod: z.string().min(1).max(253).optional().describe('A pod. Give this or workload.'),
    workload: z
      .string()
      .min(3)
      .max(400)
      .optional()
      .describe('kind/name of what owns or selects pods, e.g. sts/db, service/web.'),
    container: z
      .string()
      .max(253)
      .optional()
      .describe('Default: the container in trouble, or else the main one.'),
    previous: z.boolean().default(false).describe('The run before the last restart.'),
    tail: z
      .int()
      .min(1)
      .max(5_000)
      .optional()
      .describe('Newest lines (or matches) a pod: 50, for templates 2,000.'),
    since: z.string().max(40).optional().describe('Only newer lines: 10m, 2h or a time.'),
    grep: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Only lines with this, in any case, of the newest 20,000.'),
    grep_mode: z
      .enum(['text', 'regex'])
      .default('text')
      .describe('Plain text or JavaScript regular expression.'),
    timestamps: z.boolean().default(false).describe('Begin each line with its time.'),
    interleave: z.boolean().default(false).describe('One log by time, lines begin with [pod].'),
    templates: z
      .boolean()
      .default(false)
      .describe('Lines alike but for numbers, ids and times as one.'),
    max_pods: z.int().min(1).max(20).default(3).describe('Most pods read.'),
    max_characters: z
      .int()
      .min(500)
      .max(60_000)
      .default(8_000)
      .describe('Most characters of log, all pods together.'),
  }),
  output: z.looseObject({
    ...answerShape,
    logs: z.array(
      z.looseObject({
        pod: z.string(),
        container: z.string(),
        state: z.string(),
        restarts: z.number().optional(),
        remarks: z.array(z.string()).optional(),
        lines: z.number().optional(),
        matched: z.string().optional(),
        truncated: z.boolean().optional(),
        log: z.string().optional(),
      }),
    ),
    merged: z.string().optional(),
    templates: z.array(z.looseObject({ count: z.number(), template: z.string() })).optional(),
    /** How many kinds of lines there are, shown or not. */
    different: z.number().optional(),
    truncated: z.boolean().optional(),
    other_pods: z.array(z.string()).optional(),
    ...noteShape,
  }),
  async run(args, context) {
    const found = await findPods(context, args);
    const pods = found.pods.slice(0, args.max_pods);
    const now = context.clock.now();
    const since = args.since === undefined ? undefined : momentOf(args.since, now, 'since');
    const request = {
      container: args.container,
      previous: args.previous,
      tail: args.tail ?? (args.templates ? TEMPLATE_LINES : SHOWN_LINES),
      sinceSeconds: since === undefined ? undefined : Math.max(1, Math.ceil((now - since) / 1_000)),
      find:
        args.grep === undefined
          ? undefined
          : createGrep({ pattern: args.grep, mode: args.grep_mode }),
    };
    const reads = await readAll(context, pods, request);
    const options = { timestamps: args.timestamps, maxCharacters: args.max_characters };
    const merged = args.interleave && !args.templates ? showMerged(reads, options) : undefined;
    const kinds = args.templates ? showTemplates(reads, options) : undefined;
    const logs = kinds?.parts ?? merged?.parts ?? showGrouped(reads, options);
    const others = found.pods.slice(args.max_pods);
    return {
      summary: summarise(found.subject, logs, found.pods.length, kinds),
      logs,
      ...compact({
        merged: merged?.log,
        ...(kinds === undefined
          ? {}
          : {
              templates: kinds.templates,
              different: kinds.different,
              ...(kinds.templates.length < kinds.different ? { truncated: true } : {}),
            }),
        other_pods: others.slice(0, 20).map((pod) => `${pod.metadata.name}: ${stateOf(pod)}`),
        next: nextOf(found, logs, args.previous),
        note: logs.length > 0 ? DATA_NOTE : undefined,
      }),
    };
  },
});

/** One log that can't be read doesn't hide the others; what every one fails with is the answer. */
async function readAll(
  context: ObserveContext,
  pods: readonly KubeObject[],
  request: LogRequest,
): Promise<LogRead[]> {
  const failures: StratusError[] = [];
  const reads = await Promise.all(
    pods.map(async (pod) => {
      try {
        return await readLog(context, pod, request);
      } catch (error) {
        // A search that takes too long does so for all.
        const own = error instanceof StratusError && !OF_THE_CALL.has(error.code);
        if (!own) throw error;
        failures.push(error);
        return unreadable(pod, error);
      }
    }),
  );
  const [first] = failures;
  if (first && failures.length === pods.length) throw first;
  return reads;
}

const OF_THE_CALL: ReadonlySet<string> = new Set(['cancelled', 'invalid_arguments']);

function summarise(
  subject: string,
  logs: readonly LogPart[],
  pods: number,
  kinds: { templates: readonly unknown[]; different: number } | undefined,
): string {
  if (logs.length === 0) return `${subject} has no pods, so there are no logs.`;
  const lines = logs.reduce((sum, part) => sum + (part.lines ?? 0), 0);
  const idle = logs.filter((part) => part.lines === undefined);
  const of = pods > 1 ? ` of ${logs.length} of ${pods} pods` : '';
  const matched = logs.flatMap((part) => part.matched ?? []);
  return [
    `${subject}: ${lines} ${lines === 1 ? 'line' : 'lines'}${of}.`,
    kinds && lines > 0 && kindsText(kinds),
    matched.length > 0 && `Matched ${matched.join('; ')}.`,
    ...idle
      .slice(0, 3)
      .map((part) =>
        part.container === ''
          ? `${part.pod} could not be read.`
          : `No log of ${part.container} in ${part.pod}: it is ${part.state}.`,
      ),
  ]
    .filter(Boolean)
    .join(' ');
}

function kindsText({ templates, different }: { templates: readonly unknown[]; different: number }) {
  const all = `They are of ${different} ${different === 1 ? 'kind' : 'kinds'}, trouble first`;
  const left = different - templates.length;
  return left > 0
    ? `${all}; ${left} not shown: grep or a larger max_characters shows them.`
    : `${all}.`;
}

function nextOf(
  found: Awaited<ReturnType<typeof findPods>>,
  logs: readonly LogPart[],
  previous: boolean,
): string | undefined {
  const { namespace } = found;
  const crashed = logs.find((part) => (part.restarts ?? 0) > 0 && part.lines !== undefined);
  if (crashed && !previous) {
    const { pod, container } = crashed;
    return `${call(NAME, { namespace, pod, container, previous: true })} shows the run before its last restart.`;
  }
  const waiting = logs.find((part) => part.lines === undefined);
  if (waiting) return call('observe_describe', { kind: 'Pod', name: waiting.pod, namespace });
  const missing = logs.length === 0 ? found.subject.split(' ')[0] : undefined;
  const name = found.subject.slice(found.subject.indexOf('/') + 1);
  return missing && call('observe_describe', { kind: missing, name, namespace });
}
