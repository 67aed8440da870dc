import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { startAssistant } from '../story/client.ts';
import { type Bench, POLICY } from './bench.ts';
import { inTurns, median, p95 } from './stats.ts';
import type { Result } from './types.ts';

const ECHO = fileURLToPath(new URL('./echo-server.ts', import.meta.url));

/** observe_get of a ConfigMap and of a Deployment through a real client, against the raw GET. */
export async function read(bench: Bench): Promise<Result[]> {
  const plane = await bench.plane();
  const raw = await bench.raw();
  const namespace = await plane.namespace('bench-read');
  await plane.apply(objects(namespace));
  const server = await startAssistant({
    kubeconfig: plane.kubeconfig(),
    journal: bench.file('read.db'),
    policy: POLICY,
    env: { STRATUS_LOG_LEVEL: 'silent' },
  });
  const echo = new Client({ name: 'bench', version: '1.0.0' });
  try {
    const results: Result[] = [];
    for (const [kind, path] of [
      ['ConfigMap', `/api/v1/namespaces/${namespace}/configmaps/settings`],
      ['Deployment', `/apis/apps/v1/namespaces/${namespace}/deployments/settings`],
    ] as const) {
      const args = { kind, name: 'settings', namespace };
      const { text, isError } = await server.call('observe_get', args);
      if (isError) throw new Error(text);
      if (echo.transport === undefined) await connect(echo, text.length);
      const times = await inTurns(bench.quick ? 60 : 600, {
        ours: () => server.call('observe_get', args),
        raw: () => raw.send('GET', path),
        transport: () => echo.callTool({ name: 'constant', arguments: args }),
      });
      const ours = median(times.ours);
      const least = median(times.raw);
      const transport = median(times.transport);
      results.push({
        bench: 'read',
        what: `observe_get of one ${kind}`,
        unit: 'ms',
        median: ours,
        p95: p95(times.ours),
        floor: { what: 'raw pooled GET', median: least },
        ratio: ours / least,
        target: { of: 'ratio', most: 1.3 },
        note: `an MCP server that answers a constant takes ${transport.toFixed(2)} ms over stdio: with the GET ${((least + transport) / least).toFixed(2)}x is the least, and this is ${(ours / (least + transport)).toFixed(2)}x of that`,
      });
    }
    return results;
  } finally {
    await echo.close();
    await server.close();
  }
}

async function connect(client: Client, size: number): Promise<void> {
  const args = ['--import', 'tsx', ECHO, `${size}`];
  await client.connect(new StdioClientTransport({ command: process.execPath, args }));
}

function objects(namespace: string): object[] {
  const metadata = { name: 'settings', namespace, labels: { app: 'settings' } };
  const data = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key-${i}`, `value ${i}`]));
  const container = { name: 'app', image: 'shop/app:1.0', ports: [{ containerPort: 8080 }] };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'settings' } },
        template: {
          metadata: { labels: { app: 'settings' } },
          spec: { containers: [container] },
        },
      },
    },
  ];
}
