import type { ContainerSite } from './container.ts';
import { resolveEnvironment } from './environment.ts';
import { findImage, normalizeImage, pullFailure, referenceProblem } from './image.ts';
import type { ContainerMemory, PodEvent, WaitingPhase } from './memory.ts';
import { firstProbes } from './probing.ts';
import { compileContainer } from './program.ts';
import { startRun } from './run.ts';

/** Nominal seconds for which ErrImagePull is shown before the back-off. */
const REFUSAL_SHOWN = 2;
const FIRST_BACK_OFF = 10;
const LONGEST_BACK_OFF = 300;
/** Nominal seconds between two tries of a container whose configuration is wrong. */
const CONFIG_RETRY = 10;

export function emitFor(
  site: ContainerSite,
  type: PodEvent['type'],
  reason: string,
  message: string,
): void {
  const list = site.isInit ? 'initContainers' : 'containers';
  site.emit({ type, reason, message, fieldPath: `spec.${list}{${site.container.name}}` });
}

function wait(
  memory: ContainerMemory,
  phase: Omit<WaitingPhase, 'kind'>,
  change: Partial<ContainerMemory> = {},
): ContainerMemory {
  return { ...memory, ...change, phase: { kind: 'waiting', ...phase } };
}

/** What the status shows while the next step is on its way. */
function shown(memory: ContainerMemory): { readonly reason: string; readonly message?: string } {
  const { phase } = memory;
  if (phase.kind !== 'waiting') return { reason: 'ContainerCreating' };
  const { reason, message } = phase;
  const plain = reason === 'PodInitializing' ? 'ContainerCreating' : reason;
  return message === undefined ? { reason: plain } : { reason: plain, message };
}

/** Asks for the image. A listed one is there already, any other is refused after a moment. */
export function startPull(memory: ContainerMemory, site: ContainerSite): ContainerMemory {
  const { container, now, rules } = site;
  const reference = container.image ?? '';
  if (normalizeImage(reference) === undefined) {
    const message = `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": ${referenceProblem(reference)}`;
    emitFor(site, 'Warning', 'InspectFailed', message);
    emitFor(site, 'Warning', 'Failed', 'Error: InvalidImageName');
    const at = now + CONFIG_RETRY * site.second;
    return wait(memory, { reason: 'InvalidImageName', message, next: 'pull', at });
  }
  if (findImage(reference, rules) !== undefined) {
    if (container.imagePullPolicy === 'Always') {
      emitFor(site, 'Normal', 'Pulling', `Pulling image "${reference}"`);
      emitFor(site, 'Normal', 'Pulled', `Successfully pulled image "${reference}"`);
    } else {
      const there = `Container image "${reference}" already present on machine and can be accessed by the pod`;
      emitFor(site, 'Normal', 'Pulled', there);
    }
    const delay = memory.created === 0 ? rules.startDelayMs : 0;
    return wait(memory, { ...shown(memory), next: 'create', at: now + delay }, { pullBackOff: 0 });
  }
  if (container.imagePullPolicy === 'Never') {
    const message = `Container image "${reference}" is not present with pull policy of Never`;
    emitFor(site, 'Warning', 'ErrImageNeverPull', message);
    emitFor(site, 'Warning', 'Failed', 'Error: ErrImageNeverPull');
    const at = now + CONFIG_RETRY * site.second;
    return wait(memory, { reason: 'ErrImageNeverPull', message, next: 'pull', at });
  }
  emitFor(site, 'Normal', 'Pulling', `Pulling image "${reference}"`);
  return wait(memory, { ...shown(memory), next: 'refuse-pull', at: now + rules.pullDelayMs });
}

/** ErrImagePull, then ImagePullBackOff until the next try. */
export function refusePull(
  memory: ContainerMemory,
  phase: WaitingPhase,
  site: ContainerSite,
): ContainerMemory {
  const reference = site.container.image ?? '';
  const failure = pullFailure(reference);
  if (phase.next === 'refuse-pull') {
    emitFor(site, 'Warning', 'Failed', `Failed to pull image "${reference}": ${failure}`);
    emitFor(site, 'Warning', 'Failed', 'Error: ErrImagePull');
    const at = site.now + REFUSAL_SHOWN * site.second;
    return wait(memory, { reason: 'ErrImagePull', message: failure, next: 'back-off-pull', at });
  }
  emitFor(site, 'Normal', 'BackOff', `Back-off pulling image "${reference}"`);
  emitFor(site, 'Warning', 'Failed', 'Error: ImagePullBackOff');
  const backOff = memory.pullBackOff === 0 ? FIRST_BACK_OFF : memory.pullBackOff;
  const message = `Back-off pulling image "${reference}": ErrImagePull: ${failure}`;
  const at = site.now + (backOff - REFUSAL_SHOWN) * site.second;
  const pullBackOff = Math.min(backOff * 2, LONGEST_BACK_OFF);
  return wait(memory, { reason: 'ImagePullBackOff', message, next: 'pull', at }, { pullBackOff });
}

function refuseConfig(memory: ContainerMemory, site: ContainerSite, message: string) {
  emitFor(site, 'Warning', 'Failed', `Error: ${message}`);
  const at = site.now + CONFIG_RETRY * site.second;
  return wait(memory, { reason: 'CreateContainerConfigError', message, next: 'pull', at });
}

/** Why a container that must not be root can't run: the images' user is root. */
function rootProblem({ container, pod }: ContainerSite): string | undefined {
  const own = container.securityContext;
  const common = pod.spec.securityContext;
  if ((own?.runAsNonRoot ?? common?.runAsNonRoot) !== true) return undefined;
  const user = own?.runAsUser ?? common?.runAsUser;
  const { name, namespace, uid } = pod.metadata;
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`;
  if (user === undefined) return `container has runAsNonRoot and image will run as root ${where}`;
  return user === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined;
}

/** Creates and starts the container, or says why it can't. */
export function createContainer(
  memory: ContainerMemory,
  site: ContainerSite,
  crashed: (memory: ContainerMemory, site: ContainerSite, message: string) => ContainerMemory,
): ContainerMemory {
  const { container, now, rules } = site;
  const image = findImage(container.image ?? '', rules);
  if (image === undefined) return startPull(memory, site);
  const environment = resolveEnvironment(container, site);
  if (!environment.ok) return refuseConfig(memory, site, environment.message);
  const root = rootProblem(site);
  if (root !== undefined) return refuseConfig(memory, site, root);
  const created: ContainerMemory = {
    ...memory,
    created: memory.created + 1,
    previousLog: memory.created === 0 ? memory.previousLog : memory.log,
    log: [],
  };
  emitFor(site, 'Normal', 'Created', 'Container created');
  const compiled = compileContainer(container, image, environment.values);
  if (!compiled.ok) {
    emitFor(site, 'Warning', 'Failed', `Error: ${compiled.message}`);
    return crashed(created, site, compiled.message);
  }
  emitFor(site, 'Normal', 'Started', 'Container started');
  return {
    ...created,
    phase: {
      kind: 'running',
      startedAt: now,
      run: startRun(compiled.program, environment.values),
      environment: environment.values,
      image,
      ...firstProbes(container, now, site.second),
    },
  };
}
