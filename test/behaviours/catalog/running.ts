import type { Behaviour } from '../types.ts';
import { backOffEvent, crashing, get, quick, shell, stopped, UP, web } from './parts.ts';

const READY = { pod: 'Running, ready', containers: { web: 'running; ready' }, events: UP };
const UNREADY = {
  pod: 'Running, not ready (ContainersNotReady)',
  containers: { web: 'running; not ready; started' },
};
const fast = { periodSeconds: 1, failureThreshold: 1 };
const refused = (path: string, port: number) =>
  `Get "http://POD_IP:${port}${path}": dial tcp POD_IP:${port}: connect: connection refused`;
const RESTARTS = 'Normal Killing: Container web failed liveness probe, will be restarted';

/** Probes, memory and ports. */
export const running: readonly Behaviour[] = [
  {
    name: 'readiness and liveness probes that pass',
    spec: {
      containers: [
        { ...web, readinessProbe: get('/ready', 8080), livenessProbe: get('/healthz', 8080) },
      ],
    },
    steps: [{ expect: READY }],
  },
  {
    name: 'a readiness probe of a port nobody listens on',
    spec: { containers: [{ ...web, readinessProbe: { ...get('/ready', 40), ...fast } }] },
    steps: [
      {
        expect: {
          ...UNREADY,
          events: [...UP, `Warning Unhealthy: Readiness probe failed: ${refused('/ready', 40)}`],
        },
      },
    ],
  },
  {
    name: 'a readiness probe of a page that is missing',
    spec: {
      containers: [
        { ...web, readinessProbe: { ...get('/nope', 8080), initialDelaySeconds: 3, ...fast } },
      ],
    },
    steps: [
      {
        expect: {
          ...UNREADY,
          events: [
            ...UP,
            'Warning Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404',
          ],
        },
      },
    ],
  },
  {
    name: 'a readiness command that fails',
    spec: {
      containers: [
        {
          ...web,
          readinessProbe: { exec: { command: ['sh', '-c', 'echo not yet; exit 1'] }, ...fast },
        },
      ],
    },
    steps: [
      {
        expect: {
          ...UNREADY,
          events: [...UP, 'Warning Unhealthy: Readiness probe failed: not yet\n'],
        },
      },
    ],
  },
  {
    name: 'a readiness probe of a TCP port',
    spec: {
      containers: [
        {
          ...web,
          readinessProbe: { tcpSocket: { port: 8080 }, initialDelaySeconds: 1, periodSeconds: 1 },
        },
      ],
    },
    steps: [{ expect: READY }],
  },
  {
    name: 'a readiness probe by the name of a port',
    spec: {
      containers: [
        {
          ...web,
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: { ...get('/ready', 'http'), initialDelaySeconds: 1 },
        },
      ],
    },
    steps: [{ expect: READY }],
  },
  {
    name: 'a liveness page that is missing',
    spec: {
      ...quick,
      containers: [
        { ...web, livenessProbe: { ...get('/nope', 8080), initialDelaySeconds: 3, ...fast } },
      ],
    },
    steps: [
      {
        expect: {
          pod: 'Running, not ready (ContainersNotReady)',
          containers: {
            web: stopped,
          },
          events: [
            ...UP,
            'Warning Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 404',
            RESTARTS,
            backOffEvent(),
          ],
        },
      },
    ],
  },
  {
    name: 'a liveness command that passes',
    spec: { containers: [{ ...web, livenessProbe: { exec: { command: ['true'] }, ...fast } }] },
    steps: [{ expect: READY }],
  },
  {
    name: 'a startup probe that fails',
    spec: {
      ...quick,
      containers: [{ ...web, startupProbe: { exec: { command: ['false'] }, ...fast } }],
    },
    steps: [
      {
        expect: {
          pod: 'Running, not ready (ContainersNotReady)',
          containers: {
            web: stopped,
          },
          events: [
            ...UP,
            'Warning Unhealthy: Startup probe failed: ',
            'Normal Killing: Container web failed startup probe, will be restarted',
            backOffEvent(),
          ],
        },
      },
    ],
  },
  {
    name: 'a startup probe holds the others back until the server is up',
    spec: {
      containers: [
        {
          ...shell('sleep 10; exec httpd -f -p 8080'),
          startupProbe: { ...get('/healthz', 8080), periodSeconds: 1, failureThreshold: 60 },
          livenessProbe: { ...get('/healthz', 8080), ...fast },
          readinessProbe: { ...get('/ready', 8080), ...fast },
        },
      ],
    },
    steps: [
      {
        expect: {
          pod: 'Running, not ready (ContainersNotReady)',
          containers: { web: 'running; not ready' },
        },
      },
      {
        expect: {
          ...READY,
          events: [...UP, `Warning Unhealthy: Startup probe failed: ${refused('/healthz', 8080)}`],
        },
      },
    ],
  },
  {
    name: 'a memory limit below the working set',
    spec: { containers: [{ ...web, resources: { limits: { memory: '12Mi' } } }] },
    steps: [
      {
        expect: {
          pod: 'Running, not ready (ContainersNotReady)',
          containers: {
            web: crashing('OOMKilled', 137),
          },
          events: [...UP, backOffEvent()],
        },
      },
    ],
  },
  {
    name: 'a memory limit of 5Mi',
    spec: { containers: [{ ...web, resources: { limits: { memory: '5Mi' } } }] },
    steps: [
      {
        expect: {
          pod: 'Running, not ready (ContainersNotReady)',
          containers: {
            web: crashing('OOMKilled', 137),
          },
          events: [...UP, backOffEvent()],
        },
      },
    ],
  },
  {
    name: 'a memory limit above the working set',
    spec: {
      containers: [
        { ...web, resources: { requests: { memory: '16Mi' }, limits: { memory: '64Mi' } } },
      ],
    },
    steps: [{ expect: READY }],
  },
  {
    name: 'two containers on one port',
    spec: { containers: [web, { ...shell('sleep 1; exec httpd -f -p 8080'), name: 'second' }] },
    steps: [
      {
        expect: {
          pod: 'Running, not ready (ContainersNotReady)',
          containers: {
            web: 'running; ready',
            second: crashing('Error', 1, 'second'),
          },
          events: [...UP, backOffEvent('second')],
        },
      },
    ],
  },
  {
    name: 'a readiness gate that nobody sets',
    spec: { readinessGates: [{ conditionType: 'example.com/open' }], containers: [web] },
    steps: [
      {
        expect: {
          pod: 'Running, not ready (ReadinessGatesNotReady)',
          containers: { web: 'running; ready' },
          events: UP,
        },
      },
    ],
  },
];
