/** The behaviour of pods on a simulated node: pure rules, shared by every simulation. */
export type { Environment } from './environment.ts';
export { type LogOptions, renderLog } from './log.ts';
export type { LogLine, PodEvent, PodMemory } from './memory.ts';
export type { Pod, PodStatus } from './pod.ts';
export { defaultPodRules, type ImageModel, type PodRules, webImage } from './rules.ts';
export { type Step, type StepInput, stepPod } from './step.ts';
export type { World } from './world.ts';
