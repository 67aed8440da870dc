import { type ErrorCode, StratusError, toStratusError } from '../core/errors.ts';
import type { Bounds } from '../policy/types.ts';
import { checkBounds, type Usage, usageWith } from './bounds.ts';
import { type CompiledWrite, compile } from './compile.ts';
import { idOfKey, keyFor, resolveFresh } from './live.ts';
import type { EngineParts } from './parts.ts';
import type { Shapes } from './shapes.ts';
import type { Read, StepRequest } from './types.ts';

/** What a command of several will do, as far as it shows before the first one runs. */
export type Foreseen =
  | {
      readonly kind: 'planned';
      readonly writes: readonly CompiledWrite[];
      /** Earlier commands that write to what this one reads or writes. */
      readonly after: readonly number[];
    }
  | { readonly kind: 'later'; readonly error: StratusError }
  | { readonly kind: 'nothing'; readonly reason: string };

export interface Room {
  readonly bounds: Bounds;
  readonly usage: Usage;
  /** What else the writes of one command have to pass, given what was used before it. */
  readonly check: (writes: readonly CompiledWrite[], usage: Usage) => void;
  readonly signal: AbortSignal | undefined;
}

/** Troubles that a command finds on the state of now and that an earlier one may have removed when it runs. */
const CURABLE_BY_ANY: readonly ErrorCode[] = ['dry_run_rejected'];
const CURABLE_ON_THE_SAME: readonly ErrorCode[] = ['not_found', 'no_change', 'conflict'];

/**
 * Plans all commands of a call once, before anything is written, each against the state of now. What can't be cured
 * by an earlier one (a policy's no, an irreversible class, a bound, a wrong argument) refuses the whole call.
 * @throws StratusError that names the command
 */
export async function foresee(
  parts: EngineParts,
  shapes: Shapes,
  requests: readonly StepRequest[],
  room: Room,
): Promise<Foreseen[]> {
  const all: Foreseen[] = [];
  let usage = room.usage;
  for (const [index, request] of requests.entries()) {
    try {
      const one = await foreseeOne(parts, shapes, request, all, room.signal);
      all.push(one);
      if (one.kind === 'nothing') continue;
      const writes = one.kind === 'planned' ? one.writes : [];
      room.check(writes, usage);
      checkBounds(room.bounds, usage, writes);
      usage = usageWith(usage, writes);
    } catch (error) {
      throw inCommand(index, request.tool, toStratusError(error));
    }
  }
  return all;
}

/** The error, with the name of the command it belongs to. */
export function inCommand(index: number, tool: string, error: StratusError): StratusError {
  return new StratusError(error.code, `commands[${index}] (${tool}): ${error.message}`, {
    next: error.next,
    changed: error.changed,
    ...(error.rule === undefined ? {} : { rule: error.rule }),
    ...(error.details === undefined ? {} : { details: error.details }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  });
}

async function foreseeOne(
  parts: EngineParts,
  shapes: Shapes,
  request: StepRequest,
  earlier: readonly Foreseen[],
  signal: AbortSignal | undefined,
): Promise<Foreseen> {
  try {
    const writes = await compile(parts, shapes, request, signal);
    const after = await overlap(parts, request, writes, earlier, signal);
    if (writes.length > 0) return { kind: 'planned', writes, after };
    const error = new StratusError('no_change', 'Everything already is as asked.');
    return after.length > 0 ? { kind: 'later', error } : { kind: 'nothing', reason: error.message };
  } catch (thrown) {
    const error = toStratusError(thrown);
    if (await isCurable(parts, request, error, earlier, signal)) return { kind: 'later', error };
    // Already as asked is no failure: it is what the call is for.
    if (error.code === 'no_change') return { kind: 'nothing', reason: error.message };
    throw error;
  }
}

async function isCurable(
  parts: EngineParts,
  request: StepRequest,
  error: StratusError,
  earlier: readonly Foreseen[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const active = earlier.some(({ kind }) => kind !== 'nothing');
  if (CURABLE_BY_ANY.includes(error.code)) return active;
  if (!CURABLE_ON_THE_SAME.includes(error.code)) return false;
  // What an earlier one will do that can't be planned yet isn't known, so it may be just that.
  if (earlier.some(({ kind }) => kind === 'later')) return true;
  return (await overlap(parts, request, [], earlier, signal)).length > 0;
}

/** The earlier commands that write to an object which this one names, or to one of a kind that it lists. */
async function overlap(
  parts: EngineParts,
  request: StepRequest,
  writes: readonly CompiledWrite[],
  earlier: readonly Foreseen[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const looksAt: ((write: CompiledWrite) => boolean)[] = [
    (write) => writes.some(({ id }) => id === write.id),
  ];
  for (const read of request.reads) {
    const matches = await matcherOf(parts, read, signal);
    if (matches !== undefined) looksAt.push(matches);
  }
  return earlier.flatMap((one, index) =>
    one.kind === 'planned' && one.writes.some((write) => looksAt.some((looks) => looks(write)))
      ? [index]
      : [],
  );
}

async function matcherOf(
  parts: EngineParts,
  read: Read,
  signal: AbortSignal | undefined,
): Promise<((write: CompiledWrite) => boolean) | undefined> {
  const { resource: word, namespace } = 'get' in read ? read.get : read.list;
  const apiVersion = 'get' in read ? read.get.apiVersion : undefined;
  try {
    const resource = await resolveFresh(
      parts.reader,
      (all) => (apiVersion === undefined ? all.resolve(word) : all.resolveKind(apiVersion, word)),
      signal,
    );
    if ('get' in read) {
      const id = idOfKey(keyFor(resource, namespace, read.get.name, parts.reader));
      return (write) => write.id === id;
    }
    return ({ key }) =>
      key.resource.kind === resource.kind &&
      key.resource.group === resource.group &&
      (namespace === undefined || key.namespace === namespace);
  } catch {
    // A kind that isn't served: the command itself says so.
    return undefined;
  }
}
