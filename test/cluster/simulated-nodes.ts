import { existsSync } from 'node:fs';

/** What the control plane needs of the simulated kubelets. */
export interface NodesOptions {
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
  readonly nodes: number;
  readonly podSlots?: number;
  readonly folder: string;
  readonly log?: (line: string) => void;
}

interface Nodes {
  readonly names: string[];
  stop(): Promise<void>;
}

/** Starts the simulated kubelets in this process. */
export async function startNodes(options: NodesOptions): Promise<Nodes> {
  if (!existsSync(new URL('./kubelet/index.ts', import.meta.url))) {
    options.log?.('no simulated kubelets yet: pods stay Pending');
    return { names: [], stop: async () => {} };
  }
  const module = new URL('./kubelet/index.ts', import.meta.url).href;
  const { startSimulatedNodes } = (await import(/* @vite-ignore */ module)) as {
    startSimulatedNodes: (options: NodesOptions) => Promise<Nodes>;
  };
  return startSimulatedNodes(options);
}
