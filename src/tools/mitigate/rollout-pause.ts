import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { at, objectsOf } from '../../core/json.ts';
import type { PlannedWrite } from '../../transaction/types.ts';
import { kubectl, kubectlName, kubectlPatch, namespaceFlag } from './kubectl.ts';
import { nothingToDo, refOfLive, titleOf } from './target.ts';

const SUSPENDABLE = ['CronJob', 'Job'];

/** Holds back a Deployment's rollout, or suspends a CronJob or Job. */
export function planPause(target: LiveObject): PlannedWrite {
  return planSwitch(target, true);
}

/** Takes {@link planPause} back. */
export function planResume(target: LiveObject): PlannedWrite {
  return planSwitch(target, false);
}

/** @throws StratusError when the target is a paused Deployment: `what` would not start. */
export function refusePaused(target: LiveObject, what: string): void {
  if (at(target.object, 'spec', 'paused') !== true) return;
  throw new StratusError(
    'invalid_arguments',
    `${titleOf(target)} is paused, so ${what} would not start.`,
    { next: 'Resume it first: mitigate_rollout with action resume.' },
  );
}

function planSwitch(target: LiveObject, on: boolean): PlannedWrite {
  const { kind } = target.object;
  if (kind === 'Deployment') return pauseDeployment(target, on);
  if (SUSPENDABLE.includes(kind)) return suspend(target, on);
  throw new StratusError(
    'invalid_arguments',
    `A ${kind} can't be ${on ? 'paused' : 'resumed'}: it has neither spec.paused nor spec.suspend.`,
    { next: 'Name a Deployment, CronJob or Job.' },
  );
}

function pauseDeployment(target: LiveObject, on: boolean): PlannedWrite {
  if ((at(target.object, 'spec', 'paused') === true) === on) {
    throw nothingToDo(`${titleOf(target)} ${on ? 'already is' : 'is not'} paused.`);
  }
  const object = refOfLive(target);
  return {
    verb: 'patch',
    object,
    patchType: 'merge',
    patch: { spec: { paused: on ? true : null } },
    summary: on ? 'pause the rollout' : 'resume the rollout',
    kubectl: kubectl(
      'rollout',
      on ? 'pause' : 'resume',
      kubectlName(object),
      namespaceFlag(object),
    ),
  };
}

function suspend(target: LiveObject, on: boolean): PlannedWrite {
  const title = titleOf(target);
  refuseFinished(target, on);
  if ((at(target.object, 'spec', 'suspend') === true) === on) {
    throw nothingToDo(`${title} ${on ? 'already is' : 'is not'} suspended.`);
  }
  const object = refOfLive(target);
  const patch = { spec: { suspend: on } };
  return {
    verb: 'patch',
    object,
    patchType: 'merge',
    patch,
    summary: summaryOf(target.object.kind, on),
    kubectl: kubectlPatch(object, 'merge', JSON.stringify(patch)),
  };
}

function summaryOf(kind: string, on: boolean): string {
  if (kind === 'Job')
    return on ? 'suspend: its running pods are stopped' : 'resume: its pods start';
  return on
    ? 'suspend: no new run starts, runs under way go on'
    : 'resume the schedule: a run that was missed may start at once';
}

/** A finished Job takes the field, and nothing comes of it. */
function refuseFinished(target: LiveObject, on: boolean): void {
  const finished = objectsOf(at(target.object, 'status', 'conditions')).find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  if (target.object.kind !== 'Job' || finished === undefined) return;
  throw new StratusError(
    'invalid_arguments',
    `${titleOf(target)} has finished (${String(finished.type)}): there is nothing to ${on ? 'suspend' : 'resume'}.`,
    { next: 'To run it again create a new Job.' },
  );
}
