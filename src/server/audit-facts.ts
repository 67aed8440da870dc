import type { StratusError } from '../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { ObjectRef } from '../core/kube.ts';
import { redactArgs } from '../core/redact-args.ts';
import type { CallEnd, CallStart } from '../journal/types.ts';
import type { Decision, Policy } from '../policy/types.ts';
import { parseKind } from '../tools/mitigate/arguments.ts';
import { journaledArguments } from './argument-limits.ts';
import type { IncomingCall } from './call.ts';

const LONGEST_NAME = 128;
const LONGEST_OBJECT = 400;

/** What the audit log says about a call before it is looked at. */
export function startFacts(call: IncomingCall, id: string, policy: Policy): CallStart {
  const { namespace, kind, name, transaction } = call.args;
  return {
    call: id,
    actor: call.actor,
    tool: call.tool.slice(0, LONGEST_NAME),
    args: journaledArguments(redactedCall(call.args as JsonObject, policy)),
    ...(typeof namespace === 'string' ? { namespace: namespace.slice(0, LONGEST_NAME) } : {}),
    ...(typeof kind === 'string' && typeof name === 'string'
      ? { object: `${kind}/${name}`.slice(0, LONGEST_OBJECT) }
      : {}),
    ...(typeof transaction === 'string' ? { transaction: transaction.slice(0, LONGEST_NAME) } : {}),
    ...(call.clientCall === undefined ? {} : { clientCall: call.clientCall }),
  };
}

/** Each command of a batch is redacted as the call that it would be alone: by its own kind. */
function redactedCall({ commands, ...args }: JsonObject, policy: Policy): JsonObject {
  if (!Array.isArray(commands)) {
    return redactedArgs(commands === undefined ? args : { ...args, commands }, policy);
  }
  const shown = commands.slice(0, MOST_COMMANDS).map((command): Json => {
    if (!isObject(command)) return NO_COMMAND;
    const { arguments: inner, ...rest } = command;
    return {
      ...redactedArgs(rest, policy),
      arguments: isObject(inner) ? redactedArgs(inner, policy) : NO_COMMAND,
    };
  });
  return { ...redactedArgs(args, policy), commands: shown };
}

/** More than a call may have; what is not an object can't be redacted by its kind. */
const MOST_COMMANDS = 100;
const NO_COMMAND = '(not an object)';

// "v1 Secret" is a Secret too: redaction knows kinds by their plain word.
function redactedArgs(args: JsonObject, policy: Policy): JsonObject {
  const { kind } = args;
  const plain = typeof kind === 'string' ? { kind: parseKind(kind).resource } : {};
  const redacted = redactArgs({ ...args, ...plain }, policy.redaction);
  return typeof kind === 'string' ? { ...redacted, kind } : redacted;
}

const STRICTNESS = { allow: 0, ask: 1, refuse: 2 } as const;

/** The strictest decision of a call: the one that mattered. */
export function strictest(decisions: readonly Decision[]): Decision | undefined {
  return [...decisions].sort((a, b) => STRICTNESS[b.effect] - STRICTNESS[a.effect])[0];
}

type EndFacts = Omit<CallEnd, 'call' | 'durationMs'>;

/** What the audit log says about a call that was answered. */
export function answerFacts(payload: JsonObject, decision: Decision | undefined): EndFacts {
  const { transaction, status, summary, verdict } = payload;
  const severity = isObject(verdict) ? verdict : payload;
  const undone = status === 'undone';
  return {
    decision: decision?.effect ?? 'none',
    ...(decision === undefined ? {} : { rule: decision.rule }),
    outcome: undone ? 'refused' : 'ok',
    ...(undone ? { code: 'gate_refused', message: textOf(summary) } : {}),
    ...(status === 'no_change' ? { code: 'no_change' } : {}),
    ...(typeof transaction === 'string' ? { transaction } : {}),
    ...numberFact('severityBefore', severity.severity_before),
    ...numberFact('severityAfter', severity.severity_after),
  };
}

// Codes with which stratus-mcp itself said no; all others are things that went wrong.
const REFUSALS: ReadonlySet<string> = new Set([
  'invalid_arguments',
  'invalid_manifest',
  'policy_refused',
  'needs_approval',
  'approval_required',
  'approval_refused',
  'bound_exceeded',
  'irreversible',
  'transaction_required',
  'transaction_state',
  'incident_required',
  'incident_phase',
  'writer_busy',
  'recovery_pending',
  'gate_refused',
]);

const ASKING: ReadonlySet<string> = new Set([
  ...['needs_approval', 'approval_required', 'approval_refused'],
]);

/** What the audit log says about a call that was not. */
export function errorFacts(error: StratusError, decision: Decision | undefined): EndFacts {
  const effect =
    error.code === 'policy_refused'
      ? 'refuse'
      : ASKING.has(error.code)
        ? 'ask'
        : (decision?.effect ?? 'none');
  const rule = error.rule ?? decision?.rule;
  return {
    decision: effect,
    ...(rule === undefined ? {} : { rule }),
    outcome: REFUSALS.has(error.code) ? 'refused' : 'failed',
    code: error.code,
    message: error.message,
    ...(typeof error.details?.transaction === 'string'
      ? { transaction: error.details.transaction }
      : {}),
  };
}

/** The object of a change, by its real kind and namespace; a change of several is told by its steps. */
export function objectFacts(objects: readonly ObjectRef[]): Pick<CallEnd, 'namespace' | 'object'> {
  const [object, ...others] = objects;
  if (object === undefined || others.length > 0) return {};
  return {
    ...(object.namespace === undefined ? {} : { namespace: object.namespace }),
    object: `${object.kind}/${object.name}`,
  };
}

function numberFact(name: 'severityBefore' | 'severityAfter', value: Json | undefined) {
  return typeof value === 'number' ? { [name]: value } : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
