import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ControlPlaneClient } from '../cluster/types.ts';
import { observe, POD } from './observe.ts';
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
  try {
    await cluster.apply([...objectsIn(behaviour, namespace), podOf(behaviour, namespace)]);
    for (const [index, step] of behaviour.steps.entries()) {
      await step.act?.(site);
      const differs = step.differs?.of === kubelets ? step.differs : undefined;
      const expected = differs?.expect ?? step.expect;
      const seen = await untilSeen(site, expected);
      if (!shows(seen, expected)) return outcome(false, { step: index + 1, expected, seen });
      if (differs !== undefined) differences.push(differs.why);
    }
    return outcome(true);
  } finally {
    await cluster.request('DELETE', `/api/v1/namespaces/${namespace}`, undefined, { allow: [404] });
  }
}

/** Looks until the expectation is met or time is up; returns what was seen last. */
async function untilSeen(site: Site, expected: Expectation): Promise<Observation> {
  const deadline = Date.now() + STEP_MS;
  for (;;) {
    const seen = await observe(site, expected);
    if (shows(seen, expected) || Date.now() > deadline) return seen;
    await sleep(100);
  }
}

/** Whether all that is expected was seen. Events must be the same set, but for the weather. */
export function shows(seen: Observation, expected: Expectation): boolean {
  const { containers, events, ...rest } = expected;
  return (
    (containers === undefined || containersShow(seen.containers, containers)) &&
    (events === undefined || eventsShow(seen.events, events)) &&
    Object.entries(rest).every(([part, value]) =>
      isDeepStrictEqual(value, seen[part as keyof Observation]),
    )
  );
}

/** What a busy machine adds: a server that isn't up when first probed, a cache that isn't filled. */
const WEATHER =
  /^Warning (Unhealthy: .*(connection refused|context deadline exceeded|timed out)|FailedMount: .*failed to sync \w+ cache)/;

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
