import { startControlPlane } from '../cluster/control-plane.ts';
import type { ClusterKind, ControlPlane, ControlPlaneClient } from '../cluster/types.ts';
import { startEmbeddedPlane } from '../contract/embedded.ts';

const NODES = 3;

/** A cluster that this process started. */
export type RunningCluster = ControlPlaneClient &
  Pick<ControlPlane, 'realNodes'> & { stop(): Promise<void> };

/** Starts a cluster of three nodes of that kind. @throws Error for a kind that can't be had here, with the reason */
export function startCluster(
  kind: ClusterKind,
  log: (line: string) => void,
): Promise<RunningCluster> {
  if (kind === 'embedded') return startEmbeddedPlane();
  return startControlPlane({ nodes: NODES, kubelets: kind, log });
}
