import type { LogQuery } from '../../../cluster/types.ts';
import { StratusError } from '../../../core/errors.ts';
import { describeRef, type KubeObject } from '../../../core/kube.ts';
import { redactText } from '../../../core/redact.ts';
import { fenceUntrusted } from '../../render/untrusted.ts';
import type { ObserveContext } from '../../types.ts';
import { chooseContainer } from './containers.ts';
import { type Grep, grepLines } from './grep.ts';

export interface LogRequest {
  readonly container?: string | undefined;
  readonly previous: boolean;
  readonly tail: number;
  readonly sinceSeconds?: number | undefined;
  readonly timestamps: boolean;
  readonly grep?: Grep | undefined;
  /** Characters of log shown at most. */
  readonly maxCharacters: number;
}

/** The log of one container as an answer shows it. */
export interface LogPart {
  [key: string]: unknown;
  pod: string;
  container: string;
  state: string;
  restarts?: number;
  other_containers?: string[];
  /** Why there is no log, or what is missing from it. */
  remarks?: string[];
  lines?: number;
  matched?: string;
  truncated?: boolean;
  log?: string;
}

// What one read may bring when lines are searched, and when they are only shown.
const SEARCHED_LINES = 20_000;
const READ_BYTES = 4 * 1024 * 1024;

export async function readLog(
  context: ObserveContext,
  pod: KubeObject,
  request: LogRequest,
): Promise<LogPart> {
  const container = chooseContainer(pod, request.container);
  const part: LogPart = {
    pod: pod.metadata.name,
    container: container.name,
    state: redactText(container.state, context.policy.redaction),
    ...(container.restarts > 0 ? { restarts: container.restarts } : {}),
    ...(container.others.length > 0 ? { other_containers: [...container.others] } : {}),
  };
  if (request.previous && !container.hasPrevious) {
    return { ...part, remarks: ['It has not run before, so there is no previous log.'] };
  }
  if (!container.hasRun) {
    return { ...part, remarks: ['It has never run, so there is no log. Its state tells why.'] };
  }
  const read = await newestLines(context, pod, container.name, request);
  if ('reason' in read) return { ...part, remarks: [read.reason] };
  const found = request.grep ? grepLines(read.lines, request.grep) : read.lines;
  const shown = newestThatFit(found.slice(-request.tail), request.maxCharacters);
  const dropped = found.length - shown.length;
  const remarks = [
    ...read.remarks,
    ...(dropped > 0
      ? [`${dropped} older ${request.grep ? 'matches' : 'lines'} are not shown.`]
      : []),
    ...(read.lines.length === 0 ? ['The log is empty.'] : []),
  ];
  return {
    ...part,
    lines: shown.length,
    ...(request.grep ? { matched: `${found.length} of ${read.lines.length} lines` } : {}),
    ...(dropped > 0 ? { truncated: true } : {}),
    ...(remarks.length > 0 ? { remarks } : {}),
    ...(shown.length > 0 ? { log: fenceUntrusted(shown.join('\n')) } : {}),
  };
}

type Lines = { readonly lines: string[]; readonly remarks: readonly string[] };

async function newestLines(
  context: ObserveContext,
  pod: KubeObject,
  container: string,
  request: LogRequest,
): Promise<Lines | { reason: string }> {
  let tailLines = request.grep ? SEARCHED_LINES : request.tail;
  const asked = tailLines;
  for (;;) {
    const query: LogQuery = {
      namespace: pod.metadata.namespace ?? '',
      pod: pod.metadata.name,
      container,
      previous: request.previous,
      tailLines,
      timestamps: request.timestamps,
      limitBytes: READ_BYTES,
      ...(request.sinceSeconds === undefined ? {} : { sinceSeconds: request.sinceSeconds }),
    };
    const text = await readOrReason(context, query);
    if (typeof text !== 'string') return text;
    // The server cuts at the end, where the newest lines are: ask for fewer until all of them fit.
    if (Buffer.byteLength(text) >= READ_BYTES - 4 && tailLines > 1) {
      tailLines = Math.max(1, Math.floor(tailLines / 4));
      continue;
    }
    const safe = redactText(text, context.policy.redaction).replace(/\r?\n$/, '');
    const remarks =
      tailLines < asked ? [`The lines are very long: only the newest ${tailLines} were read.`] : [];
    return { lines: safe === '' ? [] : safe.split('\n'), remarks };
  }
}

/** The log, or why the kubelet has none; what is not about the log is thrown on. */
async function readOrReason(
  context: ObserveContext,
  query: LogQuery,
): Promise<string | { reason: string }> {
  try {
    return await context.reader.logs(query, { signal: context.signal });
  } catch (error) {
    if (!(error instanceof StratusError)) throw error;
    if (error.code !== 'cluster_error' && error.code !== 'not_found') throw error;
    const subject = describeRef({ kind: 'Pod', namespace: query.namespace, name: query.pod });
    return {
      reason: `No log of ${subject}: ${redactText(error.message, context.policy.redaction)}`,
    };
  }
}

function newestThatFit(lines: readonly string[], maxCharacters: number): string[] {
  let used = 0;
  let first = lines.length;
  while (first > 0) {
    used += (lines[first - 1]?.length ?? 0) + 1;
    if (used > maxCharacters && first < lines.length) break;
    first -= 1;
  }
  return lines.slice(first).map((line) => line.slice(-maxCharacters));
}
