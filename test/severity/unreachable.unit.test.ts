import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { systemClock } from '../../src/core/clock.ts';
import { judge } from '../../src/severity/gate.ts';
import { createSeverityMeter } from '../../src/severity/meter.ts';
import { SETTINGS } from './objects.ts';

const SHOP = { namespaces: ['shop'] };

/** A meter whose API server accepts connections, or not, and never answers. */
async function meterOfSilence(listening: boolean) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  if (!listening) await new Promise((resolve) => server.close(resolve));
  const folder = mkdtempSync(join(tmpdir(), 'severity-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const cluster = { name: 'c', cluster: { server: `http://127.0.0.1:${port}` } };
  const context = { name: 'c', context: { cluster: 'c', user: 'u' } };
  const user = { name: 'u', user: {} };
  const config = {
    clusters: [cluster],
    contexts: [context],
    users: [user],
    'current-context': 'c',
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const connection = await connectCluster({ kubeconfig, env: {}, timeoutMs: 500 });
  onTestFinished(async () => {
    await connection.close();
    if (listening) server.close();
    rmSync(folder, { recursive: true });
  });
  return createSeverityMeter({
    reader: createReader(connection),
    settings: SETTINGS,
    clock: systemClock,
  });
}

test.each([
  ['refuses connections', false],
  ['never answers', true],
])(
  'an API server that %s leaves everything unknown, which closes the gate',
  async (_, listening) => {
    const meter = await meterOfSilence(listening);
    const measurement = await meter.measure(SHOP);
    expect(measurement.unknowns).toHaveLength(1);
    expect(measurement.unknowns[0]?.reason).not.toBe('');
    const verdict = judge({ before: measurement, after: measurement, touched: [], declared: [] });
    expect(verdict.pass).toBe(false);
  },
);

test('a cancelled measurement throws the reason of its signal', async () => {
  const meter = await meterOfSilence(true);
  const controller = new AbortController();
  const reason = new Error('the client left');
  const measurement = meter.measure(SHOP, controller.signal);
  controller.abort(reason);
  await expect(measurement).rejects.toBe(reason);
});
