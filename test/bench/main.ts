import { parseArgs } from 'node:util';
import { logToStderr } from '../cluster/control-plane.ts';
import { buildDist } from '../cluster/dist.ts';
import { audit } from './audit.ts';
import { type Bench, openBench } from './bench.ts';
import { clients } from './clients.ts';
import { list } from './list.ts';
import { machineOf } from './machine.ts';
import { memory } from './memory.ts';
import { read } from './read.ts';
import { linesOf, textOf } from './report.ts';
import { severity } from './severity.ts';
import { start } from './start.ts';
import { holds, type Result } from './types.ts';
import { write } from './write.ts';

const HELP = `Measures stratus-mcp against what is possible on this machine, on one control plane.

npm run bench -- [options]
  --only NAME   one of them; may be given more than once
  --quick       small sizes, to try it out
  --json        one JSON document on stdout
  --check       exit 1 when a target is missed
`;

/** In the order of running: what needs an empty cluster comes before what fills it. */
const BENCHES: Readonly<Record<string, (bench: Bench) => Promise<Result[]>>> = {
  start,
  audit,
  read,
  write,
  clients,
  list,
  severity,
  memory,
};
const WITHOUT_CLUSTER = ['start', 'audit'];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: Object.keys(BENCHES) },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = values.only.filter((name) => !(name in BENCHES));
  if (values.help || unknown.length > 0) {
    process.stderr.write(`${HELP}  names: ${Object.keys(BENCHES).join(', ')}\n`);
    return unknown.length > 0 ? 2 : 0;
  }
  await buildDist(logToStderr);
  const bench = openBench(values.quick);
  try {
    const results: Result[] = [];
    for (const [name, run] of Object.entries(BENCHES)) {
      if (!values.only.includes(name)) continue;
      bench.say(name);
      const found = await run(bench);
      for (const result of found) for (const line of linesOf(result)) bench.say(line);
      results.push(...found);
    }
    const withCluster = values.only.some((name) => !WITHOUT_CLUSTER.includes(name));
    const machine = await machineOf(bench, withCluster);
    const missed = results.filter((result) => holds(result) === false);
    const all = results.map((result) => ({ ...result, holds: holds(result) }));
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ machine, quick: values.quick, results: all }, null, 2)}\n`
        : textOf(machine, results),
    );
    if (missed.length > 0) bench.say(`${missed.length} of ${results.length} missed their target`);
    return values.check && missed.length > 0 ? 1 : 0;
  } finally {
    await bench.close();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
