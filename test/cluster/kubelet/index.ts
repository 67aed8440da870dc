/**
 * Simulated kubelets: nodes whose pods behave by the rules in `src/simulation/pod-rules/`. The API
 * server, the controllers and the scheduler are real and can't tell the difference by what they read.
 *
 * Not simulated: exec, attach, port-forward, lifecycle hooks, ephemeral containers, node-pressure
 * eviction, a pod's activeDeadlineSeconds, termination messages, traffic between pods. Network
 * policies are not enforced, and a container sees no SERVICE_HOST variables.
 */
import { defaultPodRules, type PodRules } from '../../../src/simulation/pod-rules/index.ts';
import { Api } from './api.ts';
import { EventRecorder } from './events.ts';
import { startLogServer } from './log-server.ts';
import { startNodes } from './nodes.ts';
import { type PodObject, PodWorkers } from './pods.ts';
import { Reflector } from './reflector.ts';
import { startWorld } from './world.ts';

export interface SimulatedNodesOptions {
  /** https://127.0.0.1:PORT of the API server. */
  readonly server: string;
  readonly caPem: string;
  /** Bearer token of a member of system:masters. */
  readonly token: string;
  /** How many nodes; 3 when unset. */
  readonly nodes?: number;
  /** Pods that fit on a node; 110 when unset. */
  readonly podSlots?: number;
  /** Where the log endpoint's certificate is put. */
  readonly folder: string;
  readonly rules?: Partial<PodRules>;
  readonly log?: (line: string) => void;
}

export interface SimulatedNodes {
  /** node-1, node-2, … */
  readonly names: string[];
  /** Ends watches, timers and the log endpoint at once. The nodes stay registered. */
  stop(): Promise<void>;
}

/** Starts simulated kubelets in this process; resolves when their nodes are registered. */
export async function startSimulatedNodes(options: SimulatedNodesOptions): Promise<SimulatedNodes> {
  const names = Array.from({ length: options.nodes ?? 3 }, (_, at) => `node-${at + 1}`);
  const rules = { ...defaultPodRules, ...options.rules };
  const log = options.log ?? (() => {});
  const api = new Api(options);
  const workers = new PodWorkers(api, new EventRecorder(api), rules, names, log);
  const logs = await startLogServer(options.folder, workers);
  const stop = async (): Promise<void> => {
    workers.stop();
    await Promise.all([api.stop(), logs.stop()]);
  };
  try {
    await startNodes(api, { names, podSlots: options.podSlots ?? 110, kubeletPort: logs.port });
    const world = await startWorld(api, workers, () => workers.worldChanged());
    // One watch serves all our nodes; pods that aren't bound yet are the scheduler's.
    const pods = new Reflector<PodObject>(api, '/api/v1/pods', 'fieldSelector=spec.nodeName!%3D', {
      replaced: (items) => workers.replaced(items),
      changed: (pod) => workers.changed(pod),
      deleted: (pod) => workers.deleted(pod),
    });
    workers.begin(world);
    await pods.start();
  } catch (error) {
    await stop();
    throw error;
  }
  log(`simulated nodes ${names.join(', ')}: logs on 127.0.0.1:${logs.port}`);
  return { names, stop };
}
