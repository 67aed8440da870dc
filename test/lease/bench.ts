import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { at, type Json, numberOf, parseJson, stringOf } from '../../src/core/json.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';
import { makeLease } from '../cluster/lease.ts';
import { type Bench, kill, openBench } from '../recovery/bench.ts';
import type { Assistant } from '../story/client.ts';

const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
export const HOST = hostname();

/** How long a Lease of these tests lasts: the shortest that a busy machine still renews in time. */
export const SECONDS = 5;

/** Several machines, each with a journal of its own, that use one Lease. */
export interface Fleet {
  readonly lease: string;
  /** A journal with two ConfigMaps, and servers on it that use the Lease. */
  machine(prefix: string): Promise<Machine>;
  /** The Lease as it is now. */
  read(): Promise<{ holder: string; epoch: number; open: Json } | undefined>;
  remove(): Promise<void>;
}

export interface Machine extends Bench {
  /** `stratus-mcp lease …`, at this machine's terminal. */
  cli(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
}

export function openFleet(cluster: ControlPlaneClient, lease: string): Fleet {
  const [namespace = '', name = ''] = lease.split('/');
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  const env = { STRATUS_LEASE: lease, STRATUS_LEASE_SECONDS: String(SECONDS) };
  let making: Promise<void> | undefined;
  // Once: a test may delete it.
  const made = () => {
    making ??= makeLease(cluster.kubeconfig(), { namespace, name, seconds: SECONDS });
    return making;
  };
  return {
    lease,
    machine: async (prefix) => {
      const bench = await openBench(cluster, prefix);
      const servers: Assistant[] = [];
      onTestFinished(async () => {
        for (const server of servers) await kill(server);
        bench.remove();
      });
      return {
        ...bench,
        start: async (more, kubeconfig) => {
          if (more?.STRATUS_LEASE === undefined) await made();
          const server = await bench.start({ ...env, ...more }, kubeconfig);
          servers.push(server);
          return server;
        },
        cli: (...words) =>
          new Promise((resolve) => {
            const args = ['--journal', bench.journal, '--kubeconfig', cluster.kubeconfig()];
            const options = { env: { ...process.env, ...env } };
            execFile(
              process.execPath,
              [BIN, 'lease', ...words, ...args],
              options,
              (error, stdout, stderr) => {
                const code = typeof error?.code === 'number' ? error.code : 0;
                resolve({ code, stdout, stderr });
              },
            );
          }),
      };
    },
    read: async () => {
      const { status, json } = await cluster.request('GET', path, undefined, { allow: [404] });
      if (status === 404) return undefined;
      const mark = stringOf(at(json, 'metadata', 'annotations', 'stratus.dev/open-txn'));
      return {
        holder: stringOf(at(json, 'spec', 'holderIdentity')) ?? '',
        epoch: numberOf(at(json, 'spec', 'leaseTransitions')) ?? 0,
        open: mark === undefined ? null : parseJson(mark),
      };
    },
    remove: async () => {
      const { status } = await cluster.request('DELETE', path, undefined, { allow: [404] });
      expect([200, 404]).toContain(status);
    },
  };
}
