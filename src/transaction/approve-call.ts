import { StratusError } from '../core/errors.ts';
import { nameOfKey } from './answers.ts';
import { factText } from './approval-facts.ts';
import { requireApproval, requireApproved } from './approve.ts';
import { type AskedCommand, asks, needOfWrites } from './ask.ts';
import { type CompiledWrite, compile } from './compile.ts';
import { type Foreseen, foresee } from './foresee.ts';
import type { EngineParts } from './parts.ts';
import type { Session } from './session.ts';
import type { Shapes } from './shapes.ts';
import type { Caller, StepRequest } from './types.ts';

/** The asking writes that a person approved, as texts of facts: what runs has to be among them. */
export type Approved = ReadonlySet<string>;

/**
 * Uses up one approval for all commands of a call; for none when nothing in it asks.
 * @returns what was approved
 * @throws StratusError approval_required, approval_refused
 */
export async function approveCommands(
  parts: EngineParts,
  shapes: Shapes,
  commands: readonly AskedCommand[],
  caller: Caller,
  session?: Session,
): Promise<Approved> {
  const asking = commands.flatMap(({ writes }) => writes).filter(asks);
  if (asking.length === 0) return new Set();
  const more = session === undefined ? {} : { session };
  const need = await needOfWrites('ask', parts, shapes, caller.tool, commands, more);
  if (session === undefined) await requireApproved(parts, need, caller);
  else await requireApproval(parts, need, caller);
  const texts = await Promise.all(asking.map((write) => factText(shapes, write)));
  return new Set(texts);
}

/**
 * Before a call opens a transaction of its own: makes sure that what asks is approved, and uses nothing up.
 * @throws StratusError as {@link approveCommands} does
 */
export async function approveAhead(
  parts: EngineParts,
  shapes: Shapes,
  requests: readonly StepRequest[],
  caller: Caller,
): Promise<void> {
  const [first] = requests;
  if (first !== undefined && requests.length === 1 && first.within === undefined) {
    const writes = await compile(parts, shapes, first, caller.signal);
    await approveCommands(parts, shapes, [{ tool: first.tool, writes }], caller);
    return;
  }
  const { bounds } = parts.policy;
  const usage = { commands: 0, objects: new Map() };
  const { signal } = caller;
  const all = await foresee(parts, shapes, requests, { bounds, usage, check: () => {}, signal });
  await approveCommands(parts, shapes, askedCommands(requests, all), caller);
}

/** The commands of a call, with the writes that could be planned. */
export function askedCommands(
  requests: readonly StepRequest[],
  foreseen: readonly Foreseen[],
): AskedCommand[] {
  return requests.map(({ tool }, index) => {
    const one = foreseen[index];
    return { tool, writes: one?.kind === 'planned' ? one.writes : [] };
  });
}

/**
 * What runs now has to be what was approved: a plan made again, on a newer version or after another command, may have
 * become another one.
 * @throws StratusError conflict
 */
export async function checkApproved(
  shapes: Shapes,
  writes: readonly CompiledWrite[],
  approved: Approved,
): Promise<void> {
  for (const write of writes.filter(asks)) {
    if (approved.has(await factText(shapes, write))) continue;
    throw new StratusError(
      'conflict',
      `The change of ${nameOfKey(write.key)} is not the one that could be approved before the call ran, and it needs an approval: ${write.decision.reason}`,
      {
        rule: write.decision.rule,
        next: 'Make it a call of its own, after the ones that it depends on: that one can be planned, and approved.',
      },
    );
  }
}
