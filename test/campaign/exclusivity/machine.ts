import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import type { JsonObject } from '../../../src/core/json.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import { type Assistant, startAssistant } from '../../story/client.ts';

const POLICY = fileURLToPath(new URL('../../recovery/policy.yaml', import.meta.url));

/** What all servers of one case share. */
export interface Place {
  readonly cluster: ControlPlaneClient;
  readonly folder: string;
  readonly namespace: string;
  readonly env: Readonly<Record<string, string>>;
}

/** One server, with a name that the API server's audit log knows it by. */
export interface Writer {
  readonly name: string;
  readonly journal: string;
  readonly server: Assistant;
  /** Commits, and refusals by the code of their error. */
  readonly answers: Map<string, number>;
}

export async function startWriter(
  place: Place,
  name: string,
  journal: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Writer> {
  const { cluster, folder } = place;
  const config = parse(readFileSync(cluster.kubeconfig(), 'utf8')) as { users: { user: object }[] };
  for (const one of config.users) {
    one.user = { ...one.user, as: name, 'as-groups': ['system:masters'] };
  }
  const kubeconfig = join(folder, `${name}.yaml`);
  writeFileSync(kubeconfig, stringify(config), { mode: 0o600 });
  const server = await startAssistant({
    kubeconfig,
    journal,
    policy: POLICY,
    env: { ...place.env, ...env },
  });
  return { name, journal, server, answers: new Map() };
}

/** A journal as another machine would have it from a copy of the disk. */
export function copyOfJournal(journal: string, folder: string): string {
  mkdirSync(folder, { mode: 0o700 });
  const copy = join(folder, 'journal.db');
  for (const suffix of ['', '-wal', '.key']) {
    if (existsSync(journal + suffix)) cpSync(journal + suffix, copy + suffix);
  }
  return copy;
}

/** Transactions one after the other, until told to stop. What is refused is tried again. */
export async function work(
  { server, answers }: Writer,
  { namespace }: Place,
  key: string,
  pace: number,
  goesOn: () => boolean,
): Promise<void> {
  const call = async (tool: string, args: JsonObject) => {
    const answer = await server
      .call(tool, { ...args, ...(tool.startsWith('mitigate') ? { reason: 'campaign' } : {}) })
      .catch(() => undefined);
    const word =
      answer === undefined
        ? 'the server was gone'
        : answer.isError
          ? (/\[(\w+)\]/.exec(answer.text)?.[1] ?? 'error')
          : String(answer.data.status ?? 'ok');
    answers.set(word, (answers.get(word) ?? 0) + 1);
    await sleep(pace);
    return answer?.isError ? undefined : answer?.data;
  };
  for (let round = 0; goesOn(); round++) {
    const begun = await call('transaction_begin', { reason: 'campaign', namespaces: [namespace] });
    const transaction = begun?.transaction;
    if (typeof transaction !== 'string') {
      await sleep(150);
      continue;
    }
    for (const step of [1, 2]) {
      const patch = { data: { [key]: `${round}.${step}` } };
      const object = { kind: 'ConfigMap', name: 'shared', namespace };
      await call('mitigate_patch', { ...object, patch, transaction });
    }
    if (round % 3 === 2) await call('transaction_abort', { transaction, reason: 'campaign' });
    else await call('transaction_commit', { transaction });
  }
}
