import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ControlPlaneClient } from '../cluster/types.ts';
import { PodHistory } from './history.ts';
import { POD, type PodState, surroundingsOf } from './observe.ts';
import type { Behaviour, Expectation, Kubelets, Observation, Outcome, Site } from './types.ts';

const STEP_MS = 45_000;

/** Plays one behaviour in a namespace of its own and says whether every step showed what it must. */
export async function play(
  cluster: ControlPlaneClient,
  kubelets: Kubelets,
  behaviour: Behaviour,
): Promise<Outcome> {
  const started = Date.now();
  const namespace = await cluster.namespace('pod');
  const site: Site = { cluster, namespace };
  const differences: string[] = [];
  const outcome = (agrees: boolean, problem?: Outcome['problem']): Outcome => ({
    behaviour: behaviour.name,
    agrees,
    seconds: Math.round((Date.now() - started) / 100) / 10,
    differences,
    ...(problem && { problem }),
  });
  await cluster.apply(objectsIn(behaviour, namespace));
  const history = await PodHistory.open(site);
  try {
    await cluster.apply(podOf(behaviour, namespace));
    let since = 0;
    for (const [index, step] of behaviour.steps.entries()) {
      await step.act?.(site);
      const differs = step.differs?.of === kubelets ? step.differs : undefined;
      const expected = differs?.expect ?? step.expect;
      const found = await untilSeen(site, history, since, expected);
      if (!found.shown) {
        return outcome(false, { step: index + 1, expected, seen: found.seen });
      }
      since = found.index;
      if (differs !== undefined) differences.push(differs.why);
    }
    return outcome(true);
  } finally {
    await history.stop();
    await cluster.request('DELETE', `/api/v1/namespaces/${namespace}`, undefined, { allow: [404] });
  }
}

interface Found {
  readonly shown: boolean;
  /** Of the state in the history that fits. */
  readonly index: number;
  readonly seen: Observation;
}

/** Looks until a state fits, and the events and logs too, or time is up. */
async function untilSeen(
  site: Site,
  history: PodHistory,
  since: number,
  expected: Expectation,
): Promise<Found> {
  const deadline = Date.now() + STEP_MS;
  for (;;) {
    const index = history.find(since, (state) => stateShows(state, expected));
    const around = await surroundingsOf(site, history.latest, expected);
    const shown = index !== undefined && surroundingsShow(around, expected);
    const state = history.states[index ?? history.states.length - 1];
    const seen = { pod: 'never seen', containers: {}, ...state, ...around };
    if (shown || Date.now() > deadline) return { shown, index: index ?? since, seen };
    await sleep(100);
  }
}

function stateShows(state: PodState, { pod, containers }: Expectation): boolean {
  return (
    (pod === undefined || pod === state.pod) &&
    (containers === undefined || containersShow(state.containers, containers))
  );
}

/** Events must be the same set, but for the weather. */
function surroundingsShow(seen: Omit<Observation, keyof PodState>, expected: Expectation): boolean {
  return (
    (expected.events === undefined || eventsShow(seen.events, expected.events)) &&
    isDeepStrictEqual(expected.log, seen.log) &&
    isDeepStrictEqual(expected.previousLog, seen.previousLog)
  );
}

/** What a busy machine adds: a server that isn't up when first probed, a namespace just made. */
const WEATHER =
  /^Warning (Unhealthy: .*(connection refused|context deadline exceeded|timed out)|FailedMount: .*(failed to sync \w+ cache|"kube-root-ca.crt" not found))/;

function eventsShow(seen: readonly string[], expected: readonly string[]): boolean {
  const meant = seen.filter((line) => expected.includes(line) || !WEATHER.test(line));
  return isDeepStrictEqual([...expected].sort(), meant);
}

function containersShow(
  seen: Observation['containers'],
  expected: NonNullable<Expectation['containers']>,
): boolean {
  const names = Object.keys(expected);
  return (
    Object.keys(seen).length === names.length &&
    names.every((name) => [expected[name]].flat().includes(seen[name]))
  );
}

function objectsIn(behaviour: Behaviour, namespace: string): object[] {
  return (behaviour.objects ?? []).map((object) => {
    const { metadata } = object as { metadata: object };
    return { ...object, metadata: { ...metadata, namespace } };
  });
}

function podOf(behaviour: Behaviour, namespace: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: POD, namespace, labels: behaviour.labels ?? { app: POD } },
    spec: behaviour.spec,
  };
}
