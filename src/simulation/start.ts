import type { Clock } from '../core/clock.ts';
import type { KubeObject } from '../core/kube.ts';
import { createMachine, type Machine } from './api/machine.ts';
import { bootstrap } from './bootstrap.ts';
import { Client } from './controllers/client.ts';
import { controllers } from './controllers/index.ts';
import { ControlLoop } from './controllers/loop.ts';
import { startServer } from './http/server.ts';
import { kubeconfigText } from './kubeconfig.ts';
import type { PodRules } from './pod-rules/index.ts';

export interface SimulationOptions {
  readonly clock: Clock;
  /** A new uid at each call. */
  newId(): string;
  /** The bearer token that clients have to show. */
  readonly token: string;
  /** How many nodes; 3 when unset. */
  readonly nodes?: number;
  /** Pods that fit on a node; 110 when unset. */
  readonly podSlots?: number;
  readonly rules?: Partial<PodRules>;
}

export interface SimulatedCluster {
  /** http://127.0.0.1:PORT */
  readonly server: string;
  /** The text of a kubeconfig file for it. */
  readonly kubeconfig: string;
  /** node-1, node-2, … */
  readonly nodes: readonly string[];
  stop(): Promise<void>;
}

/**
 * Starts a simulated cluster in this process: an API server on a loopback port, controllers, a
 * scheduler and nodes, all in memory. Resolves when its nodes are ready.
 */
export async function startSimulatedCluster(options: SimulationOptions): Promise<SimulatedCluster> {
  const machine: Machine = createMachine(options);
  const logs = { find: () => undefined };
  const manager = new Client(machine, 'kube-controller-manager', 'controller-manager');
  const loop = new ControlLoop(machine.store, machine.clock, controllers(manager));
  bootstrap(manager);
  const server = await startServer({ machine, logs }, options.token);
  return {
    server: server.url,
    kubeconfig: kubeconfigText(server.url, options.token),
    nodes: [],
    async stop() {
      loop.stop();
      await server.stop();
    },
  };
}

export type { KubeObject };
