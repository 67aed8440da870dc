import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { StratusError, toStratusError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { ObjectRef } from '../core/kube.ts';
import { type LogFields, withLogFields } from '../core/log.ts';
import type { CallEnd, Journal } from '../journal/types.ts';
import type { Decision } from '../policy/types.ts';
import type { Tool } from '../tools/types.ts';
import { printable } from './actor.ts';
import { notRead, unreadable } from './argument-limits.ts';
import { answerFacts, errorFacts, objectFacts, startFacts, strictest } from './audit-facts.ts';
import type { IncomingCall } from './call.ts';
import { renderError, renderResult } from './render.ts';
import { runTool } from './run-tool.ts';
import type { Runtime } from './runtime.ts';
import { validate } from './validate.ts';

/**
 * The life of every call: audit.start → offered? → validate → policy and run → audit.end → render.
 * It is in the audit log before anything else happens, whatever becomes of it. Never throws.
 */
export function invoke(runtime: Runtime, call: IncomingCall): Promise<CallToolResult> {
  const id = runtime.ids.call();
  return withLogFields(logFields(call, id), () => live(runtime, call, id));
}

async function live(runtime: Runtime, call: IncomingCall, id: string): Promise<CallToolResult> {
  const { log } = runtime;
  const started = runtime.clock.monotonic();
  const unread = unreadable(call.args);
  let journal: Journal;
  try {
    journal = await runtime.journal();
    const told = unread === undefined ? call : { ...call, args: { left_out: unread } };
    journal.audit.start(startFacts(told, id, runtime.policy));
  } catch (thrown) {
    log.error({ err: thrown }, 'the call could not be journaled');
    return renderError(unjournaled(thrown));
  }

  const decisions: Decision[] = [];
  const objects: ObjectRef[] = [];
  let result: CallToolResult;
  let end: Omit<CallEnd, 'call' | 'durationMs'>;
  try {
    if (unread !== undefined) throw notRead(unread);
    const tool = offeredTool(runtime, call.tool);
    const args = validate(tool, call.args);
    const payload = await runTool(tool, args, { runtime, journal, call, id, decisions, objects });
    result = renderResult(payload);
    end = answerFacts((result.structuredContent ?? {}) as JsonObject, strictest(decisions));
  } catch (thrown) {
    const error = toStratusError(thrown);
    if (error.code === 'internal') log.error({ err: error.cause ?? error }, 'defect');
    result = renderError(error);
    end = errorFacts(error, strictest(decisions));
    if (error.code !== 'internal') log.info({ err: error }, end.outcome);
  }

  const durationMs = Math.round(runtime.clock.monotonic() - started);
  try {
    const written = objects.length > 0 && call.args.dry_run !== true;
    const row = { call: id, durationMs, ...objectFacts(objects), ...end };
    // What the caller is told about a change is on the disk before.
    journal.audit.end(row, { synced: written });
  } catch (thrown) {
    log.error({ err: thrown }, 'the outcome could not be journaled');
    return renderError(outcomeUnjournaled(end));
  }
  const told = { ms: durationMs, outcome: end.outcome, ...transactionFact(end.transaction) };
  if (ends(call.tool, result)) log.info(told, 'transaction ended');
  else log.debug(told, 'answered');
  return result;
}

/** Ends of a transaction are told to whoever runs the server; reads and single steps are not. */
function ends(tool: string, { isError, structuredContent }: CallToolResult): boolean {
  if (isError) return false;
  const status = String(structuredContent?.status);
  return ENDING_TOOLS.has(tool) || ENDS.has(status);
}

const ENDING_TOOLS: ReadonlySet<string> = new Set([
  ...['transaction_abort', 'undo_last', 'undo_transaction'],
]);
const ENDS: ReadonlySet<string> = new Set(['committed', 'undone']);

function logFields({ tool, actor, args }: IncomingCall, call: string): LogFields {
  const { session } = actor;
  return { call, session, tool: printable(tool), ...transactionFact(args.transaction) };
}

function transactionFact(transaction: unknown): LogFields {
  return typeof transaction === 'string' ? { transaction: printable(transaction) } : {};
}

function offeredTool(runtime: Runtime, name: string): Tool {
  const offer = runtime.offers.find(({ tool }) => tool.name === name);
  if (offer === undefined) {
    throw new StratusError('invalid_arguments', `There is no tool "${name.slice(0, 80)}".`, {
      next: 'Use a tool that tools/list names.',
    });
  }
  if (offer.refusal !== undefined) {
    throw new StratusError(
      'policy_refused',
      `The tool "${name}" is not offered: ${offer.refusal}.`,
      { rule: 'tool not offered' },
    );
  }
  return offer.tool;
}

function unjournaled(thrown: unknown): StratusError {
  const error = toStratusError(thrown);
  if (error.code === 'journal_unavailable') return error;
  return new StratusError(
    'journal_unavailable',
    'The call could not be written into the audit log, so it was not run.',
    { cause: thrown },
  );
}

function outcomeUnjournaled(end: { outcome: string; message?: string }): StratusError {
  const became = end.message === undefined ? end.outcome : `${end.outcome}: ${end.message}`;
  return new StratusError(
    'journal_unavailable',
    `The call ran (${became}), but its outcome could not be written into the audit log.`,
    { changed: 'unknown' },
  );
}
