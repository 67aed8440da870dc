import { startControlPlane } from '../cluster/control-plane.ts';
import type { ControlPlaneClient } from '../cluster/types.ts';
import { play } from './run.ts';
import type { Behaviour, Kubelets, Outcome } from './types.ts';

/** Plays behaviours, some at a time: most of each is waiting. */
export async function playAll(
  cluster: ControlPlaneClient,
  kubelets: Kubelets,
  behaviours: readonly Behaviour[],
  atOnce: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const left = [...behaviours.entries()];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, behaviour] = next;
      outcomes[index] = await play(cluster, kubelets, behaviour);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return outcomes;
}

/** A control plane with three nodes of that kind, for as long as `use` takes. */
export async function onNodes<T>(
  kubelets: Kubelets,
  log: (line: string) => void,
  use: (cluster: ControlPlaneClient) => Promise<T>,
): Promise<T> {
  const plane = await startControlPlane({ nodes: 3, kubelets, log });
  try {
    return await use(plane);
  } finally {
    await plane.stop();
  }
}
