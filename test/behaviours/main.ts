import { parseArgs } from 'node:util';
import { logToStderr } from '../cluster/control-plane.ts';
import { whyNoRealNodes } from '../cluster/real/programs.ts';
import { BEHAVIOURS } from './catalog/index.ts';
import { problemText, type Results, tableOf } from './report.ts';
import { onNodes, playAll } from './suite.ts';
import { type Behaviour, KUBELETS, type Kubelets, type Outcome } from './types.ts';

const HELP = `Pods that behave and misbehave, on simulated and on real kubelets: do both show the same?

npm run behaviours -- [options]
  --kubelets KIND  simulated, real or both (default)
  --only WORD      only the behaviours whose name contains it; may be given more than once
  --json           one JSON document on stdout (npm run -s, or npm writes there too)
Exits 1 where something else is shown than the table says.
`;

/** Enough to be done soon, few enough for probes to be answered in time. */
const AT_ONCE: Readonly<Record<Kubelets, number>> = { simulated: 12, real: 10 };

async function resultsOf(
  kubelets: Kubelets,
  behaviours: readonly Behaviour[],
): Promise<readonly Outcome[] | string> {
  const reason = kubelets === 'real' ? whyNoRealNodes() : undefined;
  if (reason !== undefined) return reason;
  return onNodes(kubelets, logToStderr, (cluster) =>
    playAll(cluster, kubelets, behaviours, AT_ONCE[kubelets]),
  );
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kubelets: { type: 'string', default: 'both' },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const wanted = KUBELETS.filter((one) => [one, 'both'].includes(values.kubelets));
  if (values.help || wanted.length === 0) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const { only } = values;
  const behaviours = BEHAVIOURS.filter(
    ({ name }) => only.length === 0 || only.some((word) => name.includes(word)),
  );
  const results: Record<Kubelets, readonly Outcome[] | string> = {
    simulated: 'not asked for',
    real: 'not asked for',
  };
  for (const kubelets of wanted) results[kubelets] = await resultsOf(kubelets, behaviours);
  print(behaviours, results, values.json);
  const played = Object.values(results).flatMap((it) => (typeof it === 'string' ? [] : it));
  return played.every(({ agrees }) => agrees) ? 0 : 1;
}

function print(behaviours: readonly Behaviour[], results: Results, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${tableOf(behaviours, results)}\n`);
  for (const outcomes of Object.values(results)) {
    if (typeof outcomes === 'string') continue;
    for (const outcome of outcomes.filter(({ agrees }) => !agrees)) {
      process.stdout.write(`\n${problemText(outcome)}\n`);
    }
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
