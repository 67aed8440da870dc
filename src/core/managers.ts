/** Field managers of our writes where no admission policy fences them: commands, and restores. */
export const COMMAND_MANAGER = 'stratus-mcp';
export const UNDO_MANAGER = 'stratus-undo';

/** The names that our writes go by. Kubernetes keeps them in managedFields, 128 characters at most. */
export interface Managers {
  readonly command: string;
  readonly undo: string;
}

/**
 * The names of one cluster epoch, `spec.leaseTransitions` of the Lease: deploy/fence.yaml refuses those of any other
 * epoch, so that a process that was paused while another took the Lease over can't write when it wakes up.
 */
export function managersOf(epoch: number): Managers {
  return { command: `stratus-e${epoch}`, undo: `stratus-undo-e${epoch}` };
}

const COMMAND = /^stratus-(mcp|e\d+)$/;
const OURS = /^stratus-(mcp|undo|(undo-)?e\d+)$/;

/** True for the managers that our own writes go by, with a fence or without, in any epoch. */
export function isOurManager(manager: string): boolean {
  return OURS.test(manager);
}

/** The same, restores left out. */
export function isCommandManager(manager: string): boolean {
  return COMMAND.test(manager);
}

const CONTROLLERS: ReadonlySet<string> = new Set([
  ...['kube-controller-manager', 'kube-scheduler', 'kubelet', 'cloud-controller-manager'],
]);

/** Controllers of the control plane: what they write is not a person's decision. */
export function isControllerManager(manager: string): boolean {
  return CONTROLLERS.has(manager);
}
