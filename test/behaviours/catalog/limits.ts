import type { Behaviour } from '../types.ts';
import { get, shell, UP, web } from './parts.ts';

const RUNNING = { pod: 'Running, ready', containers: { web: 'running; ready' }, events: UP };

const NOT_FOUND =
  'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/local/web:1": ' +
  'failed to resolve reference "docker.io/local/web:1": docker.io/local/web:1: not found';
const NOT_PULLED = [
  `waiting ErrImagePull: ${NOT_FOUND}; not ready`,
  `waiting ImagePullBackOff: Back-off pulling image "local/web:1": ErrImagePull: ${NOT_FOUND}; not ready`,
];

/** An app of the shop that answers to `name`, with what it knows of the database. */
const service = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
});
const database = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'db', labels: { app: 'db' } },
  spec: { containers: [{ ...web, env: [{ name: 'DB_PASSWORD', value: 'right' }] }] },
};
const caller = (password: string) => ({
  containers: [
    {
      ...web,
      env: [
        { name: 'DB_ADDR', value: 'db:80' },
        { name: 'DB_PASSWORD', value: password },
      ],
      readinessProbe: { ...get('/ready', 8080), initialDelaySeconds: 5, periodSeconds: 5 },
    },
  ],
});

/** What pods are to each other, and what the simulated kubelets leave out. */
export const limits: readonly Behaviour[] = [
  {
    name: "a credential that is the database's",
    objects: [service('db'), database],
    spec: caller('right'),
    steps: [{ expect: RUNNING }],
  },
  {
    name: "a credential that isn't the database's",
    objects: [service('db'), database],
    spec: caller('wrong'),
    steps: [
      {
        expect: {
          pod: 'Running, not ready (ContainersNotReady)',
          containers: { web: 'running; not ready; started' },
          events: [
            ...UP,
            'Warning Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503',
          ],
        },
      },
    ],
  },
  {
    name: 'a caller of a Service that is missing: ready, and its log complains',
    spec: {
      containers: [{ ...web, env: [{ name: 'CART_ADDR', value: 'cart:80' }] }],
    },
    steps: [
      {
        expect: {
          ...RUNNING,
          log: [
            'httpd: listening on port 8080',
            "GET http://cart:80/ (CART_ADDR): bad address 'cart:80'",
          ],
        },
      },
    ],
  },
  {
    name: 'a caller of a Service without endpoints: ready, and its log complains',
    objects: [service('cart')],
    spec: {
      containers: [{ ...web, env: [{ name: 'CART_ADDR', value: 'cart:80' }] }],
    },
    steps: [
      {
        expect: {
          ...RUNNING,
          log: [
            'httpd: listening on port 8080',
            'GET http://cart:80/ (CART_ADDR): connection refused',
          ],
        },
      },
    ],
  },
  {
    name: 'an image that is pulled again at every start',
    spec: { containers: [{ ...web, imagePullPolicy: 'Always' }] },
    steps: [
      {
        expect: {
          pod: 'Running, ready',
          containers: { web: 'running; ready' },
          events: [
            'Normal Pulling: Pulling image "local/web:1"',
            'Normal Pulled: Successfully pulled image "local/web:1"',
            ...UP.slice(1),
          ],
        },
        differs: {
          of: 'real',
          expect: {
            pod: 'Pending, not ready (ContainersNotReady)',
            containers: { web: NOT_PULLED },
          },
          why: 'the real nodes hold their images and have no registry to pull from',
        },
      },
    ],
  },
  {
    name: 'a message left by a container that failed',
    spec: {
      restartPolicy: 'Never',
      containers: [shell('echo -n disk full > /dev/termination-log; exit 1')],
    },
    steps: [
      {
        expect: {
          pod: 'Failed, not ready (PodFailed)',
          containers: { web: 'terminated Error 1: disk full; not ready' },
          events: UP,
        },
        differs: {
          of: 'simulated',
          expect: {
            pod: 'Failed, not ready (PodFailed)',
            containers: { web: 'terminated Error 1; not ready' },
            events: UP,
          },
          why: 'simulated containers have no files',
        },
      },
    ],
  },
  {
    name: 'a deadline for the whole pod',
    spec: { activeDeadlineSeconds: 3, terminationGracePeriodSeconds: 1, containers: [web] },
    steps: [
      {
        expect: {
          pod: 'Failed, DeadlineExceeded, not ready (PodFailed)',
          containers: { web: 'terminated Error 143; not ready' },
        },
        differs: {
          of: 'simulated',
          expect: RUNNING,
          why: 'simulated kubelets know no activeDeadlineSeconds',
        },
      },
    ],
  },
  {
    name: 'a hook after the start that fails',
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ ...web, lifecycle: { postStart: { exec: { command: ['false'] } } } }],
    },
    steps: [
      {
        expect: {
          events: [
            ...UP,
            'Warning FailedPostStartHook: PostStartHook failed',
            'Normal Killing: FailedPostStartHook',
            'Warning BackOff: Back-off restarting failed container web in pod web_NAMESPACE(UID)',
          ],
        },
        differs: {
          of: 'simulated',
          expect: RUNNING,
          why: 'simulated kubelets know no lifecycle hooks',
        },
      },
    ],
  },
  {
    name: 'a variable that the kubelet sets for every Service',
    objects: [service('cart')],
    spec: { containers: [shell('echo "port=$CART_SERVICE_PORT"; sleep infinity')] },
    steps: [
      {
        expect: { ...RUNNING, log: ['port=80'] },
        differs: {
          of: 'simulated',
          expect: { ...RUNNING, log: ['port='] },
          why: 'simulated containers see no SERVICE variables',
        },
      },
    ],
  },
];
