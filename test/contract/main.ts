import { logToStderr, startControlPlane } from '../cluster/control-plane.ts';
import { isBroken, playAll, type Result } from './suite.ts';

/** Prints every behaviour with what the real API server and the embedded one make of it. */
async function main(): Promise<number> {
  logToStderr('starting a real control plane');
  const plane = await startControlPlane({ nodes: 3 });
  let results: Result[];
  try {
    const { server, caPem, tokens } = plane;
    results = await playAll({ server, caPem, token: tokens.admin });
  } finally {
    await plane.stop();
  }
  let area = '';
  for (const result of results) {
    if (result.area !== area) {
      area = result.area;
      process.stdout.write(`\n${area}\n`);
    }
    process.stdout.write(`${lineOf(result)}\n`);
    if (isBroken(result)) for (const line of result.lines) process.stdout.write(`      ${line}\n`);
  }
  const equal = results.filter((it) => it.lines.length === 0).length;
  const broken = results.filter(isBroken).length;
  const rest = results.length - equal - broken;
  process.stdout.write(
    `\n${results.length} behaviours: ${equal} equal, ${rest} documented, ${broken} not as said\n`,
  );
  return broken === 0 ? 0 : 1;
}

function lineOf(result: Result): string {
  const { behaviour, real, embedded } = result;
  const verdict = isBroken(result) ? 'DIFFERS' : (behaviour.differs ?? 'equal');
  const times = `${String(real).padStart(6)} ms ${String(embedded).padStart(6)} ms`;
  return `  ${behaviour.name.padEnd(78)} ${times}  ${verdict}`;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
