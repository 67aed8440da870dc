import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { logToStderr } from '../cluster/control-plane.ts';
import { buildDist } from '../cluster/dist.ts';
import type { ClusterKind } from '../cluster/types.ts';
import { startCluster } from './clusters.ts';
import { holds, textOf } from './report.ts';
import type { Campaign } from './types.ts';

const help = ({ name, about, size, clusters }: Campaign) => `${about}

npm run ${name} -- [options]
  --size N       how much: ${size.unit} (${size.full}; \`ci\` for what CI runs, ${size.ci})
  --seed N       repeats a run (default: a new one, printed)
  --only WORD    only the cases whose name contains it; may be given more than once
${clusters === undefined ? '' : `  --cluster KIND ${clusters.join(', ')} (${clusters[0]})\n`}  --json         one JSON document on stdout (npm run -s, or npm writes there too)
Exits 1 where an invariant does not hold.
`;

/** Undefined for a command line that is told to be wrong. */
function optionsOf(campaign: Campaign) {
  try {
    return parseArgs({
      options: {
        size: { type: 'string', default: String(campaign.size.full) },
        seed: { type: 'string', default: String(Math.trunc(Math.random() * 2 ** 31)) },
        only: { type: 'string', multiple: true, default: [] },
        cluster: { type: 'string', default: kindsOf(campaign)[0] ?? '' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${help(campaign)}`);
    return undefined;
  }
}

function kindsOf({ clusters = ['simulated'] }: Campaign): readonly ClusterKind[] {
  return clusters;
}

/** Runs a campaign as a command, on a control plane of its own. @returns the exit code */
async function run(campaign: Campaign): Promise<number> {
  const values = optionsOf(campaign);
  if (values === undefined) return 2;
  const size = values.size === 'ci' ? campaign.size.ci : Number(values.size);
  const seed = Number(values.seed);
  const clusterKind = kindsOf(campaign).find((kind) => kind === values.cluster);
  const wrong =
    !Number.isSafeInteger(size) ||
    size < 1 ||
    !Number.isSafeInteger(seed) ||
    clusterKind === undefined;
  if (values.help || wrong) {
    process.stderr.write(help(campaign));
    return wrong ? 2 : 0;
  }
  await buildDist(logToStderr);
  const folder = mkdtempSync(join(tmpdir(), `stratus-${campaign.name}-`));
  const say = (line: string) => process.stderr.write(`[${campaign.name}] ${line}\n`);
  let plane: ReturnType<typeof startCluster> | undefined;
  const cluster = () => {
    plane ??= startCluster(clusterKind, say);
    return plane;
  };
  let interrupted = false;
  if (campaign.stops) {
    process.once('SIGINT', () => {
      interrupted = true;
      say('stops after what is under way; again: at once');
    });
  }
  const stopped = () => interrupted;
  const startedAt = performance.now();
  try {
    say(`seed ${seed}, size ${size} (${campaign.size.unit})`);
    const { only } = values;
    const given = { seed, size, only, say, cluster, clusterKind, folder, stopped };
    const report = await campaign.run(given);
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    const facts = { campaign: campaign.name, seed, size, only, seconds, machine: machine() };
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ ...facts, holds: holds(report), ...report }, null, 2)}\n`
        : textOf(facts, report),
    );
    return holds(report) ? 0 : 1;
  } finally {
    await (await plane)?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function machine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  const system = `Node ${process.versions.node}, ${type()}`;
  return `${all[0]?.model.trim() ?? 'unknown'}, ${all.length} cores, ${memory} GB, ${system}`;
}

/** The whole of a campaign's main file. */
export function command(campaign: Campaign): void {
  run(campaign).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
}
