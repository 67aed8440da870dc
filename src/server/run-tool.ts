import { StratusError } from '../core/errors.ts';
import type { ObjectRef } from '../core/kube.ts';
import type { Journal } from '../journal/types.ts';
import type { Decision, Policy } from '../policy/types.ts';
import type { ControlContext, ObserveContext, RecordContext, Tool } from '../tools/types.ts';
import type { Caller } from '../transaction/types.ts';
import type { IncomingCall } from './call.ts';
import { batchWork } from './run-batch.ts';
import { runMitigate } from './run-mitigate.ts';
import type { Runtime, Workbench } from './runtime.ts';
import { until } from './until.ts';
import { singleWork, stepRequest } from './work.ts';

const RECOVERY_WAIT_MS = 40_000;

/** A call on its way through the lifecycle. */
export interface Passage {
  readonly runtime: Runtime;
  readonly journal: Journal;
  readonly call: IncomingCall;
  /** Correlation id. */
  readonly id: string;
  /** What the policy said along the way is noted here, for the audit log. */
  readonly decisions: Decision[];
  /** What was, or would have been, written to. */
  readonly objects: ObjectRef[];
}

/** Runs a tool behind the ports that its effect earns it. @throws StratusError and whatever a tool throws. */
export async function runTool(
  tool: Tool,
  args: Record<string, unknown>,
  passage: Passage,
): Promise<Record<string, unknown>> {
  passage.call.signal.throwIfAborted();
  if (tool.effect === 'observe') return tool.run(args, await observing(passage));
  if (tool.effect === 'record') return tool.run(args, await recording(passage));
  if (tool.effect === 'mitigate') {
    // What is wrong with the arguments themselves is said before a cluster is asked.
    const work =
      'commands' in tool
        ? batchWork(tool, args, passage.runtime.offers)
        : singleWork(stepRequest(tool, args));
    return runMitigate(work, args, await recovered(passage), passage);
  }
  return tool.run(args, controlling(await recovered(passage), passage));
}

/** Recovery may have to wait for a cluster to come back; the caller is told before its patience ends. */
async function recovered({ runtime, call }: Passage): Promise<Workbench> {
  const patience = new AbortController();
  const late = runtime.clock.sleep(RECOVERY_WAIT_MS, patience.signal).then(() => {
    throw new StratusError(
      'recovery_pending',
      'What an earlier process left open is still being taken back.',
      { next: 'Call again in a minute; transaction_status shows how far it is.' },
    );
  });
  late.catch(() => undefined);
  try {
    return await until(Promise.race([runtime.recovered(), late]), call.signal);
  } finally {
    patience.abort();
  }
}

// Some observing tools (the audit log) need no cluster: the others meet the error when they reach for it.
async function observing(passage: Passage): Promise<ObserveContext> {
  const { runtime, call } = passage;
  let bench: Workbench | undefined;
  let error: unknown;
  try {
    bench = await until(runtime.cluster(), call.signal);
  } catch (thrown) {
    error = thrown;
  }
  const connected = () => {
    if (bench === undefined) throw error;
    return bench;
  };
  return {
    get reader() {
      return connected().reader;
    },
    get meter() {
      return connected().meter;
    },
    get transactions() {
      return connected().engine;
    },
    ...common(passage),
  };
}

async function recording(passage: Passage): Promise<RecordContext> {
  // Spread, the getters would be read: without a cluster that throws before the tool has said anything.
  const context = await observing(passage);
  return Object.defineProperties(
    { incidents: passage.journal.incidents, caller: callerOf(passage) },
    Object.getOwnPropertyDescriptors(context),
  ) as RecordContext;
}

function controlling(bench: Workbench, passage: Passage): ControlContext {
  return {
    reader: bench.reader,
    meter: bench.meter,
    transactions: bench.engine,
    engine: bench.engine,
    caller: callerOf(passage),
    progress: passage.call.progress,
    ...common(passage),
  };
}

function common({ runtime, journal, call, decisions }: Passage) {
  return {
    policy: noting(runtime.policy, decisions),
    audit: journal.audit,
    incidents: journal.incidents,
    clock: runtime.clock,
    signal: call.signal,
  };
}

/** The policy, with every answer about a read noted. */
function noting(policy: Policy, decisions: Decision[]): Policy {
  const { name, description, source, digest, text, bounds, owners, mode } = policy;
  const { severity, approvals, redaction, incidents } = policy;
  return {
    ...{ name, description, source, digest, text, bounds, owners, mode },
    ...{ severity, approvals, redaction, incidents },
    offers: (tool) => policy.offers(tool),
    decideWrite: (question) => policy.decideWrite(question),
    decideRead: (question) => {
      const decision = policy.decideRead(question);
      decisions.push(decision);
      return decision;
    },
  };
}

export function callerOf({ call, id }: Passage): Caller {
  return {
    call: id,
    tool: call.tool,
    actor: `${call.actor.client} (${call.actor.principal})`,
    principal: { client: call.clientName ?? call.actor.client, user: call.actor.principal },
    ...(typeof call.args.reason === 'string' ? { reason: call.args.reason } : {}),
    ...(call.elicit === undefined ? {} : { elicit: call.elicit }),
    signal: call.signal,
  };
}
