import type { LogQuery } from '../../../cluster/types.ts';
import { StratusError } from '../../../core/errors.ts';
import { describeRef, type KubeObject } from '../../../core/kube.ts';
import { redactText } from '../../../core/redact.ts';
import { shortText } from '../../render/untrusted.ts';
import type { ObserveContext } from '../../types.ts';
import { chooseContainer } from './containers.ts';
import type { LineFinder } from './grep.ts';
import { type LogLine, readLines } from './lines.ts';

export interface LogRequest {
  readonly container?: string | undefined;
  readonly previous: boolean;
  readonly tail: number;
  readonly sinceSeconds?: number | undefined;
  readonly find?: LineFinder | undefined;
}

/** The log of one container: what an answer says of it, and its newest lines or matches. */
export interface LogRead {
  readonly pod: string;
  readonly container: string;
  readonly state: string;
  readonly restarts: number;
  readonly others: readonly string[];
  /** Why there is no log, or what is missing from it. */
  readonly remarks: readonly string[];
  /** Undefined when there is no log. */
  readonly lines?: readonly LogLine[];
  /** Matches older than those in `lines`. */
  readonly older: number;
  /** There are older lines, nobody counted how many. */
  readonly hasOlder?: boolean;
  /** With a search: how many lines matched, of how many. */
  readonly matched?: { readonly count: number; readonly of: number };
}

// What one read may bring when lines are searched, and when they are only shown.
const SEARCHED_LINES = 20_000;
const READ_BYTES = 4 * 1024 * 1024;

/** @throws StratusError what concerns the call rather than this one log. */
export async function readLog(
  context: ObserveContext,
  pod: KubeObject,
  request: LogRequest,
): Promise<LogRead> {
  const container = chooseContainer(pod, request.container);
  const part: LogRead = {
    pod: pod.metadata.name,
    container: container.name,
    state: redactText(container.state, context.policy.redaction),
    restarts: container.restarts,
    others: container.others,
    remarks: [],
    older: 0,
  };
  if (request.previous && !container.hasPrevious) {
    return { ...part, remarks: ['It has not run before, so there is no previous log.'] };
  }
  if (!container.hasRun) {
    return { ...part, remarks: ['It has never run, so there is no log. Its state tells why.'] };
  }
  const read = await newestLines(context, pod, container.name, request);
  if ('reason' in read) return { ...part, remarks: [read.reason] };
  const all = read.lines;
  const found = request.find?.(all.map(({ text }) => text)).flatMap((index) => all[index] ?? []);
  const lines = (found ?? all).slice(-request.tail);
  const hasOlder = found === undefined && all.length > lines.length;
  return {
    ...part,
    remarks: [
      ...read.remarks,
      ...(all.length === 0 ? ['The log is empty.'] : []),
      ...(hasOlder ? ['There are older lines: a larger tail shows them.'] : []),
    ],
    lines,
    older: (found?.length ?? lines.length) - lines.length,
    ...(hasOlder ? { hasOlder } : {}),
    ...(found ? { matched: { count: found.length, of: all.length } } : {}),
  };
}

/** A log that could not be read, for an answer that holds others. */
export function unreadable(pod: KubeObject, error: StratusError): LogRead {
  return {
    pod: pod.metadata.name,
    container: '',
    state: 'not read',
    restarts: 0,
    others: [],
    remarks: [shortText(error.message)],
    older: 0,
  };
}

type Lines = { readonly lines: readonly LogLine[]; readonly remarks: readonly string[] };

async function newestLines(
  context: ObserveContext,
  pod: KubeObject,
  container: string,
  request: LogRequest,
): Promise<Lines | { reason: string }> {
  // One more line than asked for tells whether there are older ones.
  const asked = request.find ? SEARCHED_LINES : request.tail + 1;
  let tailLines = asked;
  for (;;) {
    const query: LogQuery = {
      namespace: pod.metadata.namespace ?? '',
      pod: pod.metadata.name,
      container,
      previous: request.previous,
      tailLines,
      timestamps: true,
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
    const lines = readLines(text, context.policy.redaction);
    const remarks =
      tailLines < asked
        ? [`The lines are very long: only the newest ${tailLines} were read.`]
        : request.find && lines.length >= SEARCHED_LINES
          ? [`Only the newest ${SEARCHED_LINES} lines were searched.`]
          : [];
    return { lines, remarks };
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
    const why = redactText(error.message, context.policy.redaction);
    return { reason: `No log of ${subject}: ${shortText(why)}` };
  }
}
