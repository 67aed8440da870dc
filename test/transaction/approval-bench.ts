import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { expect, onTestFinished } from 'vitest';
import { type JsonObject, parseJson } from '../../src/core/json.ts';
import { openJournal } from '../../src/journal/open.ts';
import type { Journal } from '../../src/journal/types.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';
import { type Bench, FAST_POLICY, openBench } from '../recovery/bench.ts';
import { type Answer, type Assistant, startAssistant } from '../story/client.ts';

const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

export interface StartOptions {
  readonly clientName?: string;
  readonly clientVersion?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly elicit?: (message: string) => ElicitResult | Promise<ElicitResult>;
}

/** A namespace with a ConfigMap that no rule opens without a person, and the person's command line. */
export interface ApprovalBench extends Bench {
  as(options?: StartOptions): Promise<Assistant>;
  /** `stratus-mcp approvals …`, without a terminal. */
  cli(...words: string[]): { code: number; out: string; err: string };
  /** Approves as a script has to: with the digest it was shown. */
  approve(id: string): void;
  /** The id that an answer names. */
  asked(answer: Answer): string;
  read<T>(act: (journal: Journal) => T, now?: () => number): T;
  mode(): Promise<unknown>;
}

export async function approvalBench(
  cluster: ControlPlaneClient,
  settings = '',
): Promise<ApprovalBench> {
  const bench = await openBench(cluster, 'approve');
  const policy = join(dirname(bench.journal), 'policy.yaml');
  writeFileSync(policy, `${readFileSync(FAST_POLICY, 'utf8')}${settings}`);
  const { namespace, journal } = bench;
  await cluster.apply({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'careful', namespace } },
    data: { mode: 'fast' },
  });
  const servers: Assistant[] = [];
  onTestFinished(async () => {
    for (const server of servers) await server.close();
    bench.remove();
  });
  const cli = (...words: string[]) => {
    const run = spawnSync(process.execPath, [BIN, 'approvals', ...words, '--journal', journal], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { code: run.status ?? -1, out: run.stdout, err: run.stderr };
  };
  return {
    ...bench,
    as: async (options = {}) => {
      const server = await startAssistant({
        kubeconfig: cluster.kubeconfig(),
        ...{ journal, policy },
        ...options,
      });
      servers.push(server);
      return server;
    },
    cli,
    approve: (id) => {
      const { digest } = parseJson(cli('show', id, '--json').out) as JsonObject;
      const done = cli('approve', id, '--yes', '--digest', String(digest));
      expect(done, done.err).toMatchObject({ code: 0 });
    },
    asked: ({ text }) => {
      expect(text).toContain('[approval_required]');
      return /approval-\d+/.exec(text)?.[0] ?? 'none';
    },
    read: (act, now = Date.now) => {
      const clock = { now, monotonic: now, sleep: async () => {} };
      const opened = openJournal({ path: journal, env: {}, clock });
      try {
        return act(opened);
      } finally {
        opened.close();
      }
    },
    mode: async () => (await bench.configMap('careful'))?.data,
  };
}

/** The call that asks. */
export function setCareful(
  server: Assistant,
  { namespace }: Bench,
  mode: string,
  more: JsonObject = {},
): Promise<Answer> {
  return server.call('mitigate_patch', {
    ...{ kind: 'ConfigMap', name: 'careful', namespace, patch: { data: { mode } } },
    reason: 'orders are slow',
    ...more,
  });
}
