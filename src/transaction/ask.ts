import type { Json, JsonObject } from '../core/json.ts';
import { describeRef } from '../core/kube.ts';
import { redactText } from '../core/redact.ts';
import { factsOf } from './approval-facts.ts';
import type { ApprovalNeed, NeedKind, ShownChange } from './approval-types.ts';
import { changeOf } from './change.ts';
import type { CompiledWrite } from './compile.ts';
import type { EngineParts } from './parts.ts';
import type { Session } from './session.ts';
import type { Shapes } from './shapes.ts';
import { showDiff } from './show-diff.ts';

/** Characters of one diff that a person gets to see; more can't be read in fifteen minutes. */
const DIFF_LIMIT = 60_000;

/** One command of the call that asks: its tool, and its writes as far as they are known. */
export interface AskedCommand {
  readonly tool: string;
  readonly writes: readonly CompiledWrite[];
}

/** True for a write that runs only with a person's approval. */
export function asks({ decision }: CompiledWrite): boolean {
  return decision.effect === 'ask';
}

/** What {@link needOfWrites} may be told beside the writes. */
export interface NeedFacts {
  /** More that the digest has to be bound to. */
  readonly facts?: JsonObject;
  /** More that the person has to read, redacted. */
  readonly notes?: readonly string[];
  /** The rule that asks, where it isn't the policy's. */
  readonly rule?: string;
  /** Why a person is needed, where it isn't the policy's word. */
  readonly why?: string;
  readonly session?: Session;
}

/**
 * The need of a call: one for all of its commands, with every write in it, for the person sees and approves the whole.
 * @param tool of the call itself
 */
export async function needOfWrites(
  kind: NeedKind,
  parts: EngineParts,
  shapes: Shapes,
  tool: string,
  commands: readonly AskedCommand[],
  more: NeedFacts = {},
): Promise<ApprovalNeed> {
  const writes = commands.flatMap((command) => command.writes);
  const asking = writes.filter(asks);
  const first = headOf(asking) ?? headOf(writes);
  const facts: Json[] = [];
  for (const command of commands) {
    const known: Json[] = [];
    for (const write of command.writes) known.push(await factsOf(shapes, write));
    facts.push({ tool: command.tool, writes: known });
  }
  const changes = writes.map((write) => shownChange(parts, write));
  const head = first === undefined ? undefined : changes[writes.indexOf(first)];
  const others = changes.length > 1 ? `, and ${changes.length - 1} more` : '';
  const { session } = more;
  return {
    kind,
    tool,
    rule: more.rule ?? [...new Set(asking.map(({ decision }) => decision.rule))].join(' + '),
    summary: `${head?.summary ?? tool}${others}`,
    why: more.why ?? first?.decision.reason ?? `${tool} wants a human's approval.`,
    subject: commands.map((command) => ({
      tool: command.tool,
      writes: command.writes.map(({ write, id }) => `${write.verb} ${id}`),
    })),
    facts: { ...more.facts, commands: facts },
    changes,
    ...(more.notes === undefined ? {} : { notes: more.notes }),
    ...(session === undefined ? {} : { transaction: session.id, deadlineAt: session.deadlineAt }),
  };
}

/** What a stand-in stands for says more than the stand-in. */
function headOf(writes: readonly CompiledWrite[]): CompiledWrite | undefined {
  return writes.find(({ standsIn }) => standsIn !== true) ?? writes[0];
}

function shownChange(parts: EngineParts, compiled: CompiledWrite): ShownChange {
  const { redaction } = parts.policy;
  const change = changeOf(parts, compiled);
  const { effect, rule } = change.decision;
  const before = compiled.base?.object;
  const diff =
    change.verb === 'evict'
      ? change.diff
      : showDiff(change.object, before, compiled.predicted, redaction, DIFF_LIMIT);
  return {
    object: describeRef(change.object),
    summary: redactText(change.summary, redaction),
    verb: change.verb,
    class: change.class,
    undo: change.undo,
    diff,
    kubectl: change.kubectl,
    policy: `${effect} (${rule})`,
    warnings: change.warnings.map((text) => redactText(text, redaction)),
  };
}
