import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ControlPlane, startControlPlane } from '../cluster/index.ts';
import { openRaw, type Raw } from './raw.ts';

export const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
export const POLICY = fileURLToPath(new URL('./policy.yaml', import.meta.url));

/** What one run has in common. */
export interface Bench {
  /** A tenth of the work, for trying out. */
  readonly quick: boolean;
  /** Tells on stderr what goes on. */
  readonly say: (line: string) => void;
  /** The one control plane, started when it is first asked for. */
  readonly plane: () => Promise<ControlPlane>;
  /** Pooled requests to it, without stratus-mcp. */
  readonly raw: () => Promise<Raw>;
  /** A path in a folder that goes away with the run. */
  readonly file: (name: string) => string;
  readonly close: () => Promise<void>;
}

export function openBench(quick: boolean): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-bench-'));
  const say = (line: string) => process.stderr.write(`[bench] ${line}\n`);
  let started: Promise<ControlPlane> | undefined;
  let raw: Raw | undefined;
  const plane = () => {
    started ??= startControlPlane({ nodes: 1, log: say });
    return started;
  };
  return {
    quick,
    say,
    plane,
    raw: async () => {
      raw ??= openRaw((await plane()).facts);
      return raw;
    },
    file: (name) => join(folder, name),
    close: async () => {
      await raw?.close();
      await (await started)?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
