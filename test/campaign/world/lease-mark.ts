import { setTimeout as sleep } from 'node:timers/promises';
import { at, stringOf } from '../../../src/core/json.ts';
import { OPEN_MARK } from '../../../src/transaction/lease-record.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';

const TIDY_MS = 10_000;

/**
 * Waits until a Lease names no open transaction any more. A mark that stays keeps every other machine from writing.
 * @param lease `kube-system/stratus-mcp`
 * @returns the mark that is still there after 10 s; undefined when there is none
 * @throws Error where there is no such Lease
 */
export async function leftOnLease(
  cluster: ControlPlaneClient,
  lease: string,
): Promise<string | undefined> {
  const [namespace, name] = lease.split('/');
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  const until = performance.now() + TIDY_MS;
  for (;;) {
    const { json } = await cluster.request('GET', path);
    const mark = stringOf(at(json, 'metadata', 'annotations', OPEN_MARK));
    if (mark === undefined) return undefined;
    if (performance.now() > until) return `the Lease ${lease} still names ${mark}`;
    await sleep(100);
  }
}
