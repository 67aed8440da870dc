import { at, type JsonObject, objectsOf, stringOf } from '../../../src/core/json.ts';
import { all, containersIn, othersUntouched, released, serving, unless } from '../oracle.ts';
import { apply, batch, events, health, remove, rollBack, setContainer } from '../steps.ts';
import type { Card, Ground } from '../types.ts';

export const s06: Card = {
  id: 'S06',
  title: 'readiness-probe',
  source: 'SREGym readiness_probe_misconfiguration; ITBench 49',
  class: 'probes and memory limits',
  async inject(ground) {
    const path = '/spec/template/spec/containers/0/readinessProbe';
    const value = { httpGet: { path: '/ready', port: 40 }, periodSeconds: 5, failureThreshold: 3 };
    await ground.patch('Deployment', 'frontend', [{ op: 'replace', path, value }]);
    await ground.wait('a pod of frontend that never is ready', async () => {
      const pods = await ground.pods('frontend');
      return pods.some(
        (pod) =>
          at(pod, 'status', 'phase') === 'Running' &&
          objectsOf(at(pod, 'status', 'containerStatuses')).some((it) => it.ready === false),
      );
    });
  },
  symptoms: [
    health(/Deployment [^"]*\/frontend/, 'NotReady'),
    events('Unhealthy', 'Readiness probe failed'),
  ],
  plans: [
    {
      id: 'right-port',
      title: 'the probe asks the port that the application serves',
      right: true,
      steps: (ground) => [
        setContainer(ground, 'frontend', { readiness: { httpGet: { port: 8080 } } }),
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'roll-back',
      title: 'back to the revision before',
      right: true,
      steps: (ground) => [rollBack(ground, 'frontend')],
      expect: { outcome: 'committed' },
    },
    {
      id: 'new-labels',
      title: 'delete the Deployment and create it under new labels',
      right: false,
      steps: (ground) => [
        batch(remove(ground, 'Deployment', 'frontend'), apply(ground, relabelled(ground))),
      ],
      expect: { outcome: 'undone' },
      recreated: ['Deployment/frontend'],
    },
    {
      id: 'no-probe',
      title: 'remove the probe that fails',
      right: false,
      steps: (ground) => [setContainer(ground, 'frontend', { readiness: null })],
      expect: { outcome: 'committed', lowers: true },
      why: 'the pods serve, but nobody asks any more whether they can',
    },
  ],
  oracle: async (ground) => {
    const [web] = containersIn(await ground.get('Deployment', 'frontend'));
    const port = at(web, 'readinessProbe', 'httpGet', 'port');
    return await all(
      Promise.resolve(unless(port === 8080, `the readiness probe asks port ${port ?? 'none'}`)),
      serving(ground, 'frontend'),
      othersUntouched(ground, ['frontend']),
    );
  },
};

function relabelled(ground: Ground): JsonObject {
  const text = JSON.stringify(released(ground, 'Deployment', 'frontend'));
  const manifest = JSON.parse(text.replaceAll('"app":"frontend"', '"app":"frontend-v2"'));
  const object = manifest as JsonObject;
  const name = stringOf(at(object, 'metadata', 'name'));
  return { ...object, metadata: { name: `${name}-v2`, labels: { app: 'frontend-v2' } } };
}
