import { startControlPlane } from '../cluster/control-plane.ts';
import type { ClusterKind, ControlPlane } from '../cluster/types.ts';

const NODES = 3;

/** Starts a cluster of three nodes of that kind. @throws Error for a kind that can't be had here, with the reason */
export function startCluster(
  kind: ClusterKind,
  log: (line: string) => void,
): Promise<ControlPlane> {
  if (kind === 'embedded') {
    throw new Error("--cluster embedded isn't there yet; use --cluster simulated or real");
  }
  return startControlPlane({ nodes: NODES, kubelets: kind, log });
}
