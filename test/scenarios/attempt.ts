import { type JsonObject, stringOf } from '../../src/core/json.ts';
import type { Answer, Assistant } from '../story/client.ts';

/** An incident that the scripted assistant follows, from its opening to its end. */
export interface Incident {
  readonly id: string;
  readonly namespaces: readonly string[];
}

/** A transaction that it has opened for one plan. */
export interface Attempt {
  readonly transaction: string;
}

export interface AttemptRequest {
  /** What the assistant takes for the cause, and means to do. */
  readonly cause: string;
  readonly declared: readonly JsonObject[];
}

/** The server said no. */
export class Refused extends Error {
  /** The code in brackets, as in `[policy_refused]`. */
  readonly code: string;

  constructor({ text }: Answer) {
    super(text);
    this.name = 'Refused';
    this.code = /\[([a-z_]+)\]/.exec(text)?.[1] ?? 'error';
  }
}

/** A call that has to be answered. @throws Refused */
async function asked(assistant: Assistant, tool: string, args: JsonObject): Promise<JsonObject> {
  const answer = await assistant.call(tool, args);
  if (answer.isError) throw new Refused(answer);
  return answer.data;
}

/** Opens the incident that is to be repaired. @throws Refused */
export async function openIncident(
  assistant: Assistant,
  title: string,
  namespaces: readonly string[],
): Promise<Incident> {
  const opened = await asked(assistant, 'incident_open', { title, namespaces: [...namespaces] });
  return { id: stringOf(opened.incident) ?? '', namespaces };
}

/**
 * From wherever the incident stands to a transaction for its next attempt, as guided mode wants it: diagnosis, a
 * hypothesis with evidence, mitigation. @throws Refused
 */
export async function openAttempt(
  assistant: Assistant,
  incident: Incident,
  { cause, declared }: AttemptRequest,
): Promise<Attempt> {
  const { id } = incident;
  const standing = await asked(assistant, 'incident_status', { incident: id });
  if (standing.phase !== 'diagnosis') {
    await asked(assistant, 'incident_update', { incident: id, phase: 'diagnosis' });
  }
  const evidence = ['observe_health and observe_events show it'];
  await asked(assistant, 'incident_update', {
    incident: id,
    ...{ hypothesis: cause, evidence, phase: 'mitigation' },
  });
  const begun = await asked(assistant, 'transaction_begin', {
    incident: id,
    reason: cause,
    namespaces: [...incident.namespaces],
    ...(declared.length === 0 ? {} : { declared_reductions: [...declared] }),
  });
  return { transaction: stringOf(begun.transaction) ?? '' };
}

/** Commits, and waits for the verdict however long it settles. @throws Refused */
export async function commitAttempt(
  assistant: Assistant,
  { transaction }: Attempt,
): Promise<JsonObject> {
  for (;;) {
    const args = { transaction, wait_seconds: 45 };
    const answer = await asked(assistant, 'transaction_commit', args);
    if (answer.status !== 'settling') return answer;
  }
}

/** Gives the attempt up after a refusal. What had been written in it is taken back. @throws Refused */
export async function abandonAttempt(
  assistant: Assistant,
  { transaction }: Attempt,
): Promise<JsonObject> {
  const reason = 'the server refused a part of the plan';
  return await asked(assistant, 'transaction_abort', { transaction, reason });
}

/** The phase that the incident is in. @throws Refused */
export async function phaseOf(assistant: Assistant, { id }: Incident): Promise<string> {
  return stringOf((await asked(assistant, 'incident_status', { incident: id })).phase) ?? '';
}

/** Says that it is over, which the server measures. @throws Refused where what fired is not gone */
export async function resolveIncident(assistant: Assistant, { id }: Incident): Promise<void> {
  await asked(assistant, 'incident_update', { incident: id, phase: 'resolved' });
}
