import type { Clock } from '../core/clock.ts';
import { createMachine } from './api/machine.ts';
import { bootstrap } from './bootstrap.ts';
import { Client } from './controllers/client.ts';
import { controllers } from './controllers/index.ts';
import { ControlLoop } from './controllers/loop.ts';
import { startServer } from './http/server.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { Kubelet } from './nodes/kubelet.ts';
import { registerNode } from './nodes/register.ts';
import { defaultPodRules, type PodRules } from './pod-rules/index.ts';
import { scheduler } from './scheduler/scheduler.ts';

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
  /** Hears of defects of the simulation. */
  readonly log?: (line: string) => void;
}

export interface SimulatedCluster {
  /** http://127.0.0.1:PORT */
  readonly server: string;
  /** The text of a kubeconfig file for it. */
  readonly kubeconfig: string;
  /** node-1, node-2, … */
  readonly nodes: readonly string[];
  /** A user with kubectl and all rights, without the way over HTTP. */
  readonly user: Pick<Client, 'create' | 'get' | 'list' | 'patch' | 'remove'>;
  stop(): Promise<void>;
}

/**
 * Starts a simulated cluster in this process: an API server on a loopback port, controllers, a
 * scheduler and nodes, all in memory. It says of itself that it is one: in /version, in a header of
 * every answer, and by 501 for what it doesn't do.
 */
export async function startSimulatedCluster(options: SimulationOptions): Promise<SimulatedCluster> {
  const machine = createMachine(options);
  const manager = (component: string) => new Client(machine, 'kube-controller-manager', component);
  const kubelet = new Kubelet(new Client(machine, 'kubelet', 'kubelet'), {
    ...defaultPodRules,
    ...options.rules,
  });
  const parts = [
    ...controllers(manager),
    scheduler(new Client(machine, 'kube-scheduler', 'default-scheduler')),
    kubelet,
  ];
  const loop = new ControlLoop(machine.store, machine.clock, parts, options.log ?? (() => {}));
  bootstrap(manager('bootstrap'));
  const nodes = Array.from({ length: options.nodes ?? 3 }, (_, at) => `node-${at + 1}`);
  const registrar = new Client(machine, 'kubelet', 'kubelet');
  for (const name of nodes) registerNode(registrar, name, options.podSlots ?? 110);
  const server = await startServer({ machine, logs: kubelet }, options.token);
  return {
    server: server.url,
    kubeconfig: kubeconfigText(server.url, options.token),
    nodes,
    user: new Client(machine, 'kubectl', 'kubectl'),
    async stop() {
      loop.stop();
      await server.stop();
    },
  };
}
