import { cpus, release, totalmem, type } from 'node:os';
import { parseJson } from '../../src/core/json.ts';
import type { Bench } from './bench.ts';

/** What the numbers were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly system: string;
  /** Absent when no control plane was started. */
  readonly kubernetes?: string;
}

export async function machineOf(bench: Bench, withCluster: boolean): Promise<Machine> {
  const all = cpus();
  const version = withCluster ? await (await bench.raw()).send('GET', '/version') : undefined;
  const { gitVersion } = (version === undefined ? {} : parseJson(version)) as {
    gitVersion?: string;
  };
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    node: process.versions.node,
    system: `${type()} ${release()}`,
    ...(gitVersion === undefined ? {} : { kubernetes: gitVersion }),
  };
}
