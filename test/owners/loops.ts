import { at, type JsonObject, numberOf } from '../../src/core/json.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';

/** Somebody who reconciles; stops when told to. */
export interface Loop {
  /** How often it found something to put back. */
  readonly corrections: () => number;
  stop(): Promise<void>;
}

const PERIOD_MS = 300;

/**
 * Applies a Deployment's manifest again and again by server-side apply with force, as Argo CD (server-side) and Flux
 * do. Neither is installed: what is imitated is their field manager, their marks and the kind of their writes.
 */
export function applier(
  cluster: ControlPlaneClient,
  manager: string,
  namespace: string,
  manifest: JsonObject,
): Loop {
  const name = String(at(manifest, 'metadata', 'name'));
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const query = `?fieldManager=${manager}&force=true`;
  let before: string | undefined;
  return repeat(async () => {
    const contentType = 'application/apply-patch+yaml';
    const { json } = await cluster.request('PATCH', `${path}${query}`, manifest, { contentType });
    // An apply that changes nothing doesn't bump the generation.
    const now = String(at(json, 'metadata', 'generation'));
    const corrected = before !== undefined && before !== now;
    before = now;
    return corrected;
  });
}

/** Writes its count to /scale whenever another one is there, as the HorizontalPodAutoscaler's controller does. */
export function scaler(
  cluster: ControlPlaneClient,
  namespace: string,
  name: string,
  replicas: number,
): Loop {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}/scale`;
  return repeat(async () => {
    const { json } = await cluster.request('GET', path);
    if (numberOf(at(json, 'spec', 'replicas')) === replicas) return false;
    const query = '?fieldManager=kube-controller-manager';
    await cluster.request('PATCH', `${path}${query}`, { spec: { replicas } });
    return true;
  });
}

function repeat(turn: () => Promise<boolean>): Loop {
  let running = true;
  let count = 0;
  const ended = (async () => {
    while (running) {
      if (await turn().catch(() => false)) count += 1;
      await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
    }
  })();
  return {
    corrections: () => count,
    stop: async () => {
      running = false;
      await ended;
    },
  };
}
