import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { at, type JsonObject, numberOf, stringOf } from '../../src/core/json.ts';
import { type Assistant, startAssistant } from '../story/client.ts';
import {
  abandonAttempt,
  commitAttempt,
  type Incident,
  openAttempt,
  openIncident,
  phaseOf,
  Refused,
  resolveIncident,
} from './attempt.ts';
import { type Checkpoint, differences, takeCheckpoint } from './checkpoint.ts';
import { clearGround, layGround, type Plot } from './ground.ts';
import { answers, type Meter, meterRequests } from './requests.ts';
import { PACES } from './settings.ts';
import {
  type Card,
  COMMIT,
  type Findings,
  type Ground,
  type Outcome,
  type Plan,
  type Script,
  type Step,
  type Symptom,
} from './types.ts';

/** What became of one plan. */
export interface Result {
  readonly card: Card;
  readonly plan: Plan;
  readonly outcome: Outcome;
  /** Code of the refusal. */
  readonly code: string | undefined;
  /** The product's own words for a verdict or a refusal. */
  readonly words: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly afterUndo: number | undefined;
  /** Symptoms that were not seen before anything was changed. */
  readonly unseen: Findings;
  /** How the state differs from the checkpoint; undefined when it was committed. */
  readonly differs: Findings | undefined;
  /** What the oracle had against it; undefined when it was not committed. */
  readonly wrong: Findings | undefined;
  /** Where the incident stands in the end. */
  readonly phase: string;
  /** Requests through the Services that failed during the change; undefined where nothing serves. */
  readonly lost: number | undefined;
  readonly seconds: number;
}

export interface Stage extends Plot {
  readonly folder: string;
  readonly policy: string;
}

/** Plays one plan of a card from a healthy shop to its end, on a ground of its own. */
export async function play(stage: Stage, card: Card, plan: Plan): Promise<Result> {
  const startedAt = performance.now();
  const ground = await layGround(stage, card);
  try {
    const journal = join(mkdtempSync(join(stage.folder, 'journal-')), 'journal.db');
    const assistant = await startAssistant({
      kubeconfig: stage.cluster.kubeconfig(),
      journal,
      policy: stage.policy,
    });
    try {
      const played = await playOn(ground, assistant, card, plan);
      const seconds = Math.round((performance.now() - startedAt) / 1_000);
      return { card, plan, ...played, seconds };
    } finally {
      await assistant.close();
    }
  } finally {
    await plan.cleanUp?.(ground);
    await clearGround(ground);
  }
}

type Played = Omit<Result, 'card' | 'plan' | 'seconds'>;

async function playOn(
  ground: Ground,
  assistant: Assistant,
  card: Card,
  plan: Plan,
): Promise<Played> {
  const ill = await waitForHealth(ground, assistant, card);
  await card.inject(ground);
  const unseen = [...ill, ...(await lookForSymptoms(ground, assistant, card))];
  const namespaces = plan.namespaces?.(ground) ?? [ground.namespace];
  const incident = await openIncident(assistant, `${card.id} ${card.title}`, namespaces);
  const meter = await meterRequests(ground);
  const played = await tryPlan(ground, assistant, incident, plan, meter).catch(async (error) => {
    await meter.end();
    throw error;
  });
  const { checkpoint, ...tried } = played;
  const facts = { unseen, ...tried, lost: await meter.end() };
  if (tried.outcome === 'committed') {
    const wrong = await askOracle(ground, card, plan);
    if (plan.right && wrong.length === 0) await resolveIncident(assistant, incident);
    const phase = await phaseOf(assistant, incident);
    return { ...facts, differs: undefined, wrong, phase };
  }
  const differs = await lookForDifferences(ground, checkpoint, plan);
  return { ...facts, differs, wrong: undefined, phase: await phaseOf(assistant, incident) };
}

/** Nothing is wrong before the card breaks something. */
export async function waitForHealth(
  ground: Ground,
  assistant: Assistant,
  card: Card,
): Promise<Findings> {
  const isHealthy = async () => (await severityOf(assistant, ground, card)) === 0;
  if (await until(ground, isHealthy)) return [];
  const { text } = await assistant.call('observe_health', { namespace: ground.namespace });
  return [`the shop was ill before the injection: ${text}`];
}

/** The sum over the namespaces that the card looks at. */
export async function severityOf(
  assistant: Assistant,
  ground: Ground,
  card: Card,
): Promise<number> {
  let sum = 0;
  for (const namespace of card.observed?.(ground) ?? [ground.namespace]) {
    const answer = await assistant.call('observe_health', { namespace });
    sum += numberOf(answer.data.severity) ?? 0;
  }
  return sum;
}

export async function lookForSymptoms(
  ground: Ground,
  assistant: Assistant,
  card: Card,
): Promise<Findings> {
  const unseen: string[] = [];
  let severity = 0;
  const shows = await until(ground, async () => {
    severity = await severityOf(assistant, ground, card);
    return severity > 0 === (card.silent === undefined);
  });
  if (!shows) unseen.push(`severity is ${severity} after the injection`);
  for (const symptom of card.symptoms) {
    let missing: readonly string[] = [];
    const seen = await until(ground, async () => {
      missing = await missingFrom(ground, assistant, symptom);
      return missing.length === 0;
    });
    if (!seen) unseen.push(`${symptom.tool} did not show ${missing.join(', ')}`);
  }
  return unseen;
}

async function missingFrom(ground: Ground, assistant: Assistant, symptom: Symptom) {
  const answer = await assistant.call(symptom.tool, symptom.args(ground));
  const text = answer.isError ? answer.text : JSON.stringify(answer.data);
  return symptom.shows
    .filter((word) => (typeof word === 'string' ? !text.includes(word) : !word.test(text)))
    .map(String);
}

type Tried = Pick<Result, 'outcome' | 'code' | 'words' | 'before' | 'after' | 'afterUndo'> & {
  readonly checkpoint: Checkpoint;
};

/** Transaction after transaction, as the plan says; severity is told from before the first to after the last. */
export async function tryPlan(
  ground: Ground,
  assistant: Assistant,
  incident: Incident,
  plan: Plan,
  meter: Pick<Meter, 'begin'> = { begin: () => undefined },
): Promise<Tried> {
  const script = await plan.steps(ground);
  let first: number | undefined;
  let from = 0;
  const begin = () => {
    if (first === undefined) meter.begin();
  };
  for (let end = script.indexOf(COMMIT); end !== -1; end = script.indexOf(COMMIT, from)) {
    const steps = stepsIn(script.slice(from, end));
    const part = await tryOnce(ground, assistant, incident, plan, steps, begin);
    if (part.outcome !== 'committed') return part;
    first ??= part.before;
    from = end + 1;
  }
  const steps = stepsIn(script.slice(from));
  const last = await tryOnce(ground, assistant, incident, plan, steps, begin);
  return { ...last, before: first ?? last.before };
}

export function stepsIn(script: Script): Step[] {
  return script.filter((it) => it !== COMMIT);
}

/** One transaction, from its begin to its end. */
async function tryOnce(
  ground: Ground,
  assistant: Assistant,
  incident: Incident,
  plan: Plan,
  steps: readonly Step[],
  begin: () => void,
): Promise<Tried> {
  const declared = plan.declared?.(ground) ?? [];
  const attempt = await openAttempt(assistant, incident, { cause: plan.title, declared });
  // Once the baseline is measured the incident holds still.
  const checkpoint = await takeCheckpoint(ground);
  begin();
  try {
    for (const { tool, args } of steps) {
      const { transaction } = attempt;
      const answer = await assistant.call(tool, { ...args, reason: plan.title, transaction });
      if (answer.isError) throw new Refused(answer);
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { code, message: words } = error;
    const ended = await abandonAttempt(assistant, attempt).catch((late: unknown) => {
      // What was refused may have ended the transaction already.
      if (late instanceof Refused && late.code === 'transaction_state') return {};
      throw late;
    });
    return { outcome: 'refused', code, words, ...severities(ended), checkpoint };
  }
  const ended = await commitAttempt(assistant, attempt);
  const outcome = ended.status === 'committed' ? 'committed' : 'undone';
  const words = stringOf(ended.summary) ?? '';
  const broken = outcome === 'undone' && at(ended, 'undo', 'complete') !== true;
  const code = broken ? 'undo_incomplete' : undefined;
  return { outcome, code, words, ...severities(ended), checkpoint };
}

function severities(answer: JsonObject): Pick<Result, 'before' | 'after' | 'afterUndo'> {
  return {
    before: numberOf(answer.severity_before),
    after: numberOf(answer.severity_after),
    afterUndo: numberOf(answer.severity_after_undo),
  };
}

/** Pods take a moment to come back; what is still different then stays so. */
async function lookForDifferences(ground: Ground, checkpoint: Checkpoint, plan: Plan) {
  let found: readonly string[] = [];
  await until(ground, async () => {
    found = differences(checkpoint, await takeCheckpoint(ground), plan.recreated);
    return found.length === 0;
  });
  return found;
}

/** A right plan has to satisfy the oracle in time, and for some time; a wrong one may not even have that. */
async function askOracle(ground: Ground, card: Card, plan: Plan): Promise<Findings> {
  let found: Findings = [];
  const ask = async () => {
    found = await card.oracle(ground);
    if (found.length === 0 && plan.right) found = await answers(ground);
    return found.length === 0;
  };
  const satisfied = plan.right ? await until(ground, ask) : await ask();
  if (!satisfied || !plan.right) return found;
  const sustained = (card.sustained ?? 30) / 30;
  const end = performance.now() + PACES[ground.kind].sustainedMs * sustained;
  while (performance.now() < end) {
    await sleep(500);
    if (!(await ask())) return found.map((it) => `not for long: ${it}`);
  }
  return (await card.trial?.(ground)) ?? [];
}

export async function until(ground: Ground, probe: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + PACES[ground.kind].patienceMs;
  for (;;) {
    if (await probe()) return true;
    if (performance.now() > end) return false;
    await sleep(400);
  }
}
