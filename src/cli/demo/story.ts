import type { JsonObject } from '../../core/json.ts';
import { stringOf } from '../../core/json.ts';
import type { InProcessClient } from '../../server/in-process.ts';
import type { Attempt, Call, Failure } from './failures.ts';
import { SHOP } from './shop.ts';
import { severitiesOf, type Teller } from './teller.ts';

export interface StoryOptions {
  readonly client: InProcessClient;
  readonly teller: Teller;
  /** Resolves when the reader wants to go on. */
  readonly pause: () => Promise<void>;
  /** Ends the story where it is. */
  readonly signal: AbortSignal;
}

/**
 * A scripted assistant works through one incident: it looks, suspects the wrong cause, is taken back
 * by the gate, finds the right one, commits, and has the end measured. What it is told it tells on.
 * @returns the incident's handle
 * @throws the signal's reason when it aborts
 * @throws Error when the server answers otherwise than the story goes: then something is broken.
 */
export async function tellStory(failure: Failure, options: StoryOptions): Promise<string> {
  const { client, teller, signal } = options;
  const call = async (tool: string, args: JsonObject, what = ''): Promise<JsonObject> => {
    signal.throwIfAborted();
    const answer = await client.call(tool, args);
    signal.throwIfAborted();
    teller.call(tool, args, answer);
    if (answer.isError) throw new Error(`${tool} was refused: ${answer.text}`);
    for (const [value, when] of severitiesOf(answer, what)) teller.severity(value, when);
    return answer.data;
  };
  const pause = async () => {
    await options.pause();
    signal.throwIfAborted();
  };
  const look = ({ tool, args }: Call) => call(tool, args);
  const handleOf = (data: JsonObject, name: string) => stringOf(data[name]) ?? '';

  const suspect = (incident: string, { cause, evidence }: Attempt) => {
    const hypothesis = { hypothesis: cause, evidence: [...evidence] };
    return call('incident_update', { incident, ...hypothesis, phase: 'mitigation' });
  };
  const change = async (incident: string, { cause: reason, change }: Attempt) => {
    const scope = { incident, namespaces: [SHOP], reason };
    const transaction = handleOf(await call('transaction_begin', scope), 'transaction');
    await call(change.tool, { ...change.args, reason, transaction });
    return transaction;
  };
  const commit = async (transaction: string, what: string, expected: string) => {
    for (;;) {
      const data = await call('transaction_commit', { transaction, wait_seconds: 45 }, what);
      if (data.status === expected) return;
      if (data.status !== 'settling') {
        throw new Error(`${transaction} is ${data.status}, and should be ${expected}.`);
      }
    }
  };

  teller.chapter('1. Something is wrong. The assistant looks, and opens an incident.');
  await call('observe_health', { namespace: SHOP }, 'found');
  const opened = { title: failure.title, namespaces: [SHOP] };
  const incident = handleOf(await call('incident_open', opened), 'incident');
  await call('incident_update', { incident, phase: 'diagnosis' });
  await look(failure.look);
  await pause();

  teller.chapter('2. It suspects the wrong cause, and changes the wrong thing.');
  await suspect(incident, failure.wrong);
  const wrong = await change(incident, failure.wrong);
  await pause();

  teller.chapter('3. It commits. The gate measures, says no, and takes everything back.');
  await commit(wrong, 'first attempt', 'undone');
  await pause();

  teller.chapter('4. It looks again, and tries what the verdict taught it.');
  await look(failure.lookAgain);
  await suspect(incident, failure.right);
  const right = await change(incident, failure.right);
  await pause();

  teller.chapter('5. The gate lets it pass, and a measurement closes the incident.');
  await commit(right, 'second attempt', 'committed');
  const { phase } = await call('incident_update', { incident, phase: 'resolved' });
  if (phase !== 'resolved') throw new Error(`${incident} is in ${phase}, and should be resolved.`);
  await call('observe_health', { namespace: SHOP }, 'in the end');
  return incident;
}
