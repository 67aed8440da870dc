import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { baseApp, baseAppReady } from '../cluster/base-app.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { buildDist } from '../cluster/dist.ts';
import { startAssistant } from './client.ts';
import { breakShop, imageOf, type Scene, tellStory } from './story.ts';

const NAMESPACE = 'shop';
const say = (text: string) => process.stdout.write(`${text}\n`);
const bold = (text: string) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);

function print(scene: Scene): void {
  if (scene.kind === 'chapter') say(`\n${bold(scene.text)}`);
  else if (scene.kind === 'severity') return;
  else {
    say(`\n  → ${bold(scene.tool)} ${JSON.stringify(scene.args)}`);
    const body = scene.answer.isError
      ? scene.answer.text
      : stringify(scene.answer.data, { lineWidth: 110 });
    const lines = body.trimEnd().split('\n');
    const shown = lines.slice(0, 60);
    say(shown.map((line) => `    ${line}`).join('\n'));
    if (lines.length > shown.length) say(`    … ${lines.length - shown.length} more lines`);
  }
}

/** Severity over time, one bar a measurement. */
function chart(scenes: readonly Scene[]): string {
  const points = scenes.filter((scene) => scene.kind === 'severity');
  const top = Math.max(1, ...points.map(({ value }) => value));
  return points
    .map(
      ({ at, value }) =>
        `  ${at.padEnd(42)} ${value.toFixed(2).padStart(7)} ${'█'.repeat(Math.round((value / top) * 40))}`,
    )
    .join('\n');
}

async function main(): Promise<void> {
  await buildDist((line) => process.stderr.write(`${line}\n`));
  const folder = mkdtempSync(join(tmpdir(), 'stratus-demo-'));
  const plane = await startControlPlane({ nodes: 3 });
  const stop = async () => {
    await plane.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('SIGINT', () => void stop().finally(() => process.exit(130)));
  try {
    say(
      `A real Kubernetes API server runs at ${plane.server}, with simulated nodes. Deploying the shop …`,
    );
    await plane.apply(baseApp({ namespace: NAMESPACE, node: plane.nodes[0] }));
    await plane.waitFor('the shop', () => baseAppReady(plane, NAMESPACE), 120_000);
    await breakShop(plane, NAMESPACE);
    const assistant = await startAssistant({
      kubeconfig: plane.kubeconfig('admin'),
      journal: join(folder, 'journal.db'),
    });
    try {
      const { scenes } = await tellStory(assistant, NAMESPACE, print);
      say(`\n${bold('Severity over time')}\n${chart(scenes)}`);
      say(
        `\ncatalog runs ${await imageOf(plane, NAMESPACE, 'catalog')}, frontend runs ${await imageOf(plane, NAMESPACE, 'frontend')}.`,
      );
    } finally {
      await assistant.close();
    }
  } finally {
    await stop();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  },
);
