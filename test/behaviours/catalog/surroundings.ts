import type { Behaviour } from '../types.ts';
import {
  backOffEvent,
  crashing,
  IMAGE,
  inNamespace,
  named,
  PULLED,
  shell,
  UP,
  web,
} from './parts.ts';

const READY = { pod: 'Running, ready', containers: { web: 'running; ready' }, events: UP };
const BLOCKED = 'Pending, not initialized, not ready (ContainersNotReady)';
const configMap = (data: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings' },
  data,
});
const secret = (stringData: object) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'login' },
  stringData,
});
const fromMap = { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode' } } };
const fromSecret = { name: 'KEY', valueFrom: { secretKeyRef: { name: 'login', key: 'key' } } };
const misconfigured = (message: string) => ({
  pod: 'Pending, not ready (ContainersNotReady)',
  containers: { web: `waiting CreateContainerConfigError: ${message}; not ready` },
  events: [PULLED, `Warning Failed: Error: ${message}`],
});
const unmounted = (message: string) => ({
  pod: 'Pending, not ready (ContainersNotReady)',
  containers: { web: 'waiting ContainerCreating; not ready' },
  events: [`Warning FailedMount: ${message}`],
});

/** Init containers, settings, credentials and volumes. */
export const surroundings: readonly Behaviour[] = [
  {
    name: 'an init container that succeeds',
    spec: { initContainers: [named('first', 'exit 0')], containers: [web] },
    steps: [
      {
        expect: {
          ...READY,
          containers: { first: 'terminated Completed 0; ready', web: 'running; ready' },
        },
      },
    ],
  },
  {
    name: 'an init container that fails',
    spec: { initContainers: [named('first', 'exit 1')], containers: [web] },
    steps: [
      {
        expect: {
          pod: BLOCKED,
          containers: {
            first: crashing('Error', 1, 'first'),
            web: 'waiting PodInitializing; not ready',
          },
          events: [...UP, backOffEvent('first')],
        },
      },
    ],
  },
  {
    name: 'an init container that fails, restartPolicy Never',
    spec: { restartPolicy: 'Never', initContainers: [named('first', 'exit 1')], containers: [web] },
    steps: [
      {
        expect: {
          pod: 'Failed, not initialized, not ready (PodFailed)',
          containers: {
            first: 'terminated Error 1; not ready',
            web: 'waiting PodInitializing; not ready',
          },
          events: UP,
        },
      },
    ],
  },
  {
    name: 'an init container that waits for a name nobody has',
    spec: {
      initContainers: [
        named(
          'first',
          'until nslookup nowhere.default.svc.cluster.local >/dev/null 2>&1; do echo still waiting; sleep 5; done',
        ),
      ],
      containers: [web],
    },
    steps: [
      {
        expect: {
          pod: BLOCKED,
          containers: {
            first: 'running; not ready; started',
            web: 'waiting PodInitializing; not ready',
          },
          events: UP,
        },
      },
    ],
  },
  {
    name: 'an init container that waits for a Service that comes',
    spec: {
      initContainers: [
        inNamespace(
          'first',
          'until nslookup web.$NAMESPACE.svc.cluster.local >/dev/null 2>&1; do sleep 1; done',
        ),
      ],
      containers: [web],
    },
    steps: [
      {
        expect: {
          pod: BLOCKED,
          containers: {
            first: 'running; not ready; started',
            web: 'waiting PodInitializing; not ready',
          },
          events: UP,
        },
      },
      {
        act: ({ cluster, namespace }) =>
          cluster.apply({
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'web', namespace },
            spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
          }),
        expect: {
          ...READY,
          containers: { first: 'terminated Completed 0; ready', web: 'running; ready' },
        },
      },
    ],
  },
  {
    name: 'a sidecar that starts before the containers',
    spec: {
      initContainers: [{ ...named('side', 'sleep infinity'), restartPolicy: 'Always' }],
      containers: [web],
    },
    steps: [
      { expect: { ...READY, containers: { side: 'running; ready', web: 'running; ready' } } },
    ],
  },
  {
    name: 'a ConfigMap that is missing, then there',
    spec: { containers: [{ ...web, env: [fromMap] }] },
    steps: [
      { expect: misconfigured('configmap "settings" not found') },
      {
        act: ({ cluster, namespace }) =>
          cluster.apply({
            ...configMap({ mode: 'on' }),
            metadata: { name: 'settings', namespace },
          }),
        expect: {
          ...READY,
          events: [...UP, 'Warning Failed: Error: configmap "settings" not found'],
        },
      },
    ],
  },
  {
    name: 'a key that the ConfigMap lacks',
    objects: [configMap({ other: 'on' })],
    spec: { containers: [{ ...web, env: [fromMap] }] },
    steps: [{ expect: misconfigured("couldn't find key mode in ConfigMap NAMESPACE/settings") }],
  },
  {
    name: 'a key that the Secret lacks',
    objects: [secret({ other: 'x' })],
    spec: { containers: [{ ...web, env: [fromSecret] }] },
    steps: [{ expect: misconfigured("couldn't find key key in Secret NAMESPACE/login") }],
  },
  {
    name: 'a whole Secret for the environment that is missing',
    spec: { containers: [{ ...web, envFrom: [{ secretRef: { name: 'login' } }] }] },
    steps: [{ expect: misconfigured('secret "login" not found') }],
  },
  {
    name: 'a missing ConfigMap that is optional',
    spec: {
      containers: [
        {
          ...shell('echo "mode=$MODE"; sleep infinity'),
          env: [
            {
              name: 'MODE',
              valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode', optional: true } },
            },
          ],
        },
      ],
    },
    steps: [{ expect: { ...READY, log: ['mode='] } }],
  },
  {
    name: 'a volume of a ConfigMap that is missing',
    spec: {
      containers: [{ ...web, volumeMounts: [{ name: 'files', mountPath: '/files' }] }],
      volumes: [{ name: 'files', configMap: { name: 'settings' } }],
    },
    steps: [
      {
        expect: unmounted(
          'MountVolume.SetUp failed for volume "files" : configmap "settings" not found',
        ),
      },
    ],
  },
  {
    name: 'a volume of a Secret key that is missing',
    objects: [secret({ other: 'x' })],
    spec: {
      containers: [{ ...web, volumeMounts: [{ name: 'files', mountPath: '/files' }] }],
      volumes: [
        { name: 'files', secret: { secretName: 'login', items: [{ key: 'key', path: 'key' }] } },
      ],
    },
    steps: [
      {
        expect: unmounted(
          'MountVolume.SetUp failed for volume "files" : references non-existent secret key: key',
        ),
      },
    ],
  },
  {
    name: 'volumes: empty, of a ConfigMap and of a Secret',
    objects: [configMap({ mode: 'on' }), secret({ key: 'x' })],
    spec: {
      containers: [
        {
          ...web,
          volumeMounts: ['empty', 'map', 'secret'].map((name) => ({ name, mountPath: `/${name}` })),
        },
      ],
      volumes: [
        { name: 'empty', emptyDir: {} },
        { name: 'map', configMap: { name: 'settings' } },
        { name: 'secret', secret: { secretName: 'login' } },
      ],
    },
    steps: [{ expect: READY }],
  },
  {
    name: 'a container that must not be root, of an image whose user is root',
    spec: { containers: [{ name: 'web', image: IMAGE, securityContext: { runAsNonRoot: true } }] },
    steps: [
      {
        expect: misconfigured(
          'container has runAsNonRoot and image will run as root (pod: "web_NAMESPACE(UID)", container: web)',
        ),
      },
    ],
  },
];
