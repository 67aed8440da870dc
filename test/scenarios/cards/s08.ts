import { at, type JsonObject, numberOf } from '../../../src/core/json.ts';
import { podsShow } from '../injections.ts';
import { all, containersIn, othersUntouched, serving, unless } from '../oracle.ts';
import { events, health, remove, scale, setContainer } from '../steps.ts';
import type { Card, Ground } from '../types.ts';

const NAME = 'aux-service';
const PATIENT = { initialDelaySeconds: 60, periodSeconds: 10, failureThreshold: 3 };

export const s08: Card = {
  id: 'S08',
  title: 'liveness-too-aggressive',
  source: 'SREGym liveness_probe_too_aggressive',
  class: 'probes and memory limits',
  async inject(ground) {
    await ground.create(manifests(ground));
    await podsShow(ground, NAME, 'CrashLoopBackOff');
  },
  symptoms: [
    health(/Deployment [^"]*\/aux-service/, 'CrashLoop'),
    events('Unhealthy', 'Liveness probe failed'),
    events('Killing', 'web'),
  ],
  plans: [
    {
      id: 'patient-probe',
      title: 'a liveness probe that waits until it has started',
      right: true,
      steps: (ground) => [setContainer(ground, NAME, { liveness: PATIENT })],
      expect: { outcome: 'committed' },
    },
    {
      id: 'startup-probe',
      title: 'a startup probe that holds the liveness probe back',
      right: true,
      steps: (ground) => [
        setContainer(ground, NAME, {
          startup: {
            httpGet: { path: '/healthz', port: 8080 },
            periodSeconds: 2,
            failureThreshold: 60,
          },
        }),
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'delete',
      title: 'delete the Deployment, to stop the noise',
      right: false,
      steps: (ground) => [remove(ground, 'Deployment', NAME)],
      expect: { outcome: 'undone' },
      recreated: [`Deployment/${NAME}`],
    },
    {
      id: 'more-replicas',
      title: 'five replicas, so that one of them may live',
      right: false,
      steps: (ground) => [scale(ground, NAME, 5)],
      expect: { outcome: 'undone' },
    },
  ],
  oracle: async (ground) => {
    const [web] = containersIn(await ground.get('Deployment', NAME));
    const pods = await ground.pods(NAME);
    const restarts = pods.map((it) =>
      numberOf(at(it, 'status', 'containerStatuses', 0, 'restartCount')),
    );
    return await all(
      Promise.resolve([
        ...unless(at(web, 'livenessProbe') !== undefined, 'the liveness probe is gone'),
        ...unless(
          restarts.every((count) => count === 0),
          `it restarts: ${restarts.join(', ')}`,
        ),
      ]),
      serving(ground, NAME, 1),
      othersUntouched(ground, []),
    );
  },
};

/** An application that needs 20 s until it answers, and a probe that wants it alive after one. */
function manifests({ namespace }: Ground): JsonObject[] {
  const labels = { app: NAME };
  const metadata = { name: NAME, namespace, labels };
  const probe = (path: string) => ({ httpGet: { path, port: 8080 } });
  const container = {
    name: 'web',
    image: 'local/web:1',
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', 'sleep 20; exec httpd -f -p 8080 -h /www'],
    ports: [{ name: 'http', containerPort: 8080 }],
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
    readinessProbe: { ...probe('/ready'), periodSeconds: 2 },
    livenessProbe: {
      ...probe('/healthz'),
      initialDelaySeconds: 0,
      periodSeconds: 1,
      failureThreshold: 1,
    },
  };
  const template = {
    metadata: { labels },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template,
      },
    },
  ];
}
