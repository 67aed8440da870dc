import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { baseApp, baseAppReady } from './base-app.ts';
import { findBinaries } from './binaries.ts';
import { logToStderr, startControlPlane } from './control-plane.ts';
import { findNodePrograms } from './real/programs.ts';

const HELP = `Starts a throwaway Kubernetes control plane with nodes, until Ctrl-C.

npm run cluster -- [options]
  --nodes KIND        simulated (default), or real: Linux, root, containerd and more
  --node-count N      how many (default 3)
  --demo-app          deploy the demo shop into namespace shop
  --build-only        only make sure that the binaries are there
  --help
`;

interface Options {
  readonly nodeCount: number;
  readonly nodes: 'simulated' | 'real';
  readonly demoApp: boolean;
  readonly buildOnly: boolean;
}

/** The options, or the exit code when there is nothing to start. */
function parse(args: string[]): Options | number {
  const { values } = parseArgs({
    args,
    options: {
      'node-count': { type: 'string', default: '3' },
      nodes: { type: 'string', default: 'simulated' },
      'demo-app': { type: 'boolean', default: false },
      'build-only': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { nodes } = values;
  if (nodes !== 'simulated' && nodes !== 'real') {
    throw new Error(`--nodes: unknown kind "${nodes}"; use simulated or real`);
  }
  const nodeCount = Number(values['node-count']);
  if (!Number.isInteger(nodeCount) || nodeCount < 0 || nodeCount > 100) {
    throw new Error('--node-count: expected a whole number from 0 to 100');
  }
  return { nodeCount, nodes, demoApp: values['demo-app'], buildOnly: values['build-only'] };
}

async function main(): Promise<number> {
  const options = parse(process.argv.slice(2));
  if (typeof options === 'number') return options;
  const binaries = await findBinaries(logToStderr);
  if (binaries.kind === 'missing') throw new Error(binaries.reason);
  logToStderr(`binaries from ${binaries.source}: ${binaries.paths['kube-apiserver']}`);
  if (options.nodes === 'real') {
    const found = await findNodePrograms(logToStderr);
    if (found.kind === 'missing') throw new Error(found.reason);
    logToStderr(`real nodes from ${found.programs.kubelet}`);
  }
  if (options.buildOnly) return 0;

  // Listened to from the start: a signal while starting stops as soon as there is what to stop.
  const interrupted = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((it) => once(process, it)));
  const plane = await startControlPlane({ nodes: options.nodeCount, kubelets: options.nodes });
  try {
    const run = async () => {
      if (options.demoApp) {
        await plane.apply(baseApp({ node: plane.nodes[0] }));
        logToStderr('waiting for the demo shop');
        await plane.waitFor('the demo shop', () => baseAppReady(plane), 120_000);
      }
      process.stdout.write(ready(plane.server, plane.nodes, plane.kubeconfig()));
      await interrupted;
    };
    await Promise.race([run(), interrupted]);
  } finally {
    logToStderr('stopping');
    await plane.stop();
  }
  return 0;
}

function ready(server: string, nodes: readonly string[], kubeconfig: string): string {
  return [
    `Kubernetes API server: ${server}`,
    `Nodes: ${nodes.join(', ') || 'none'}`,
    `Kubeconfig: ${kubeconfig}`,
    `export KUBECONFIG=${kubeconfig}`,
    'Ctrl-C stops it and removes its data.',
    '',
  ].join('\n');
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
