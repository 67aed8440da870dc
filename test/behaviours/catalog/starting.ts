import type { Behaviour } from '../types.ts';
import { backingOff, backOffEvent, crashing, IMAGE, PULLED, shell, UP, web } from './parts.ts';

const NO_SUCH_IMAGE =
  'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/local/web:nope": failed to resolve reference ' +
  '"docker.io/local/web:nope": docker.io/local/web:nope: not found';

const notStarted = (word: string, cause: string) =>
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc ' +
  `create failed: unable to start container process: exec: "${word}": ${cause}: unknown`;
const NOT_IN_PATH = notStarted('no-such-program', 'executable file not found in $PATH');
const NO_FILE = notStarted('/opt/app', 'stat /opt/app: no such file or directory');

const crashesBeforeStart = (message: string) => ({
  pod: 'Running, not ready (ContainersNotReady)',
  containers: {
    web: crashing('StartError', 128, 'web', message),
  },
  events: [
    PULLED,
    'Normal Created: Container created',
    `Warning Failed: Error: ${message}`,
    backOffEvent(),
  ],
});

/** Images, commands and exits. */
export const starting: readonly Behaviour[] = [
  {
    name: 'an image that is absent',
    spec: { containers: [{ ...web, image: 'local/web:nope' }] },
    steps: [
      {
        expect: {
          pod: 'Pending, not ready (ContainersNotReady)',
          containers: {
            web: `waiting ImagePullBackOff: Back-off pulling image "local/web:nope": ErrImagePull: ${NO_SUCH_IMAGE}; not ready`,
          },
          events: [
            'Normal Pulling: Pulling image "local/web:nope"',
            `Warning Failed: Failed to pull image "local/web:nope": ${NO_SUCH_IMAGE}`,
            'Warning Failed: Error: ErrImagePull',
            'Normal BackOff: Back-off pulling image "local/web:nope"',
            'Warning Failed: Error: ImagePullBackOff',
          ],
        },
      },
    ],
  },
  {
    name: 'an image name that is none',
    spec: { containers: [{ ...web, image: 'local/WEB:1' }] },
    steps: [
      {
        expect: {
          pod: 'Pending, not ready (ContainersNotReady)',
          containers: {
            web: `waiting InvalidImageName: Failed to apply default image tag "local/WEB:1": couldn't parse image name "local/WEB:1": invalid reference format: repository name (local/WEB) must be lowercase; not ready`,
          },
          events: [
            `Warning InspectFailed: Failed to apply default image tag "local/WEB:1": couldn't parse image name "local/WEB:1": invalid reference format: repository name (local/WEB) must be lowercase`,
            'Warning Failed: Error: InvalidImageName',
          ],
        },
      },
    ],
  },
  {
    name: 'an absent image that may not be pulled',
    spec: { containers: [{ ...web, image: 'local/web:nope', imagePullPolicy: 'Never' }] },
    steps: [
      {
        expect: {
          pod: 'Pending, not ready (ContainersNotReady)',
          containers: {
            web: 'waiting ErrImageNeverPull: Container image "local/web:nope" is not present with pull policy of Never; not ready',
          },
          events: [
            'Warning ErrImageNeverPull: Container image "local/web:nope" is not present with pull policy of Never',
            'Warning Failed: Error: ErrImageNeverPull',
          ],
        },
      },
    ],
  },
  {
    name: 'a command that is not in the image',
    spec: { containers: [{ ...web, command: ['no-such-program'] }] },
    steps: [{ expect: crashesBeforeStart(NOT_IN_PATH) }],
  },
  {
    name: 'a command by a path that is not in the image',
    spec: { containers: [{ ...web, command: ['/opt/app'] }] },
    steps: [{ expect: crashesBeforeStart(NO_FILE) }],
  },
  {
    name: 'a command that is absent, with restartPolicy Never',
    spec: { restartPolicy: 'Never', containers: [{ ...web, command: ['no-such-program'] }] },
    steps: [
      {
        expect: {
          pod: 'Failed, not ready (PodFailed)',
          containers: { web: `terminated StartError 128: ${NOT_IN_PATH}; not ready` },
          events: [
            PULLED,
            'Normal Created: Container created',
            `Warning Failed: Error: ${NOT_IN_PATH}`,
          ],
        },
      },
    ],
  },
  {
    name: "the image's own entry point",
    spec: { containers: [web] },
    steps: [
      {
        expect: {
          pod: 'Running, ready',
          containers: { web: 'running; ready' },
          events: UP,
          log: ['httpd: listening on port 8080'],
        },
      },
    ],
  },
  ...[
    { code: 0, reason: 'Completed' },
    { code: 1, reason: 'Error' },
  ].map(
    ({ code, reason }): Behaviour => ({
      name: `exit ${code}, restartPolicy Always: restarted at once, then later and later`,
      spec: { containers: [shell(`echo run; exit ${code}`)] },
      steps: [
        {
          expect: {
            pod: 'Running, not ready (ContainersNotReady)',
            containers: { web: crashing(reason, code) },
          },
        },
        {
          expect: {
            pod: 'Running, not ready (ContainersNotReady)',
            containers: {
              web: `${backingOff(20)}; last terminated ${reason} ${code}; restarts 2; not ready`,
            },
            events: [...UP, backOffEvent()],
          },
        },
        { expect: { previousLog: ['run'] } },
      ],
    }),
  ),
  {
    name: 'exit 3, restartPolicy OnFailure',
    spec: { restartPolicy: 'OnFailure', containers: [shell('exit 3')] },
    steps: [
      {
        expect: {
          pod: 'Running, not ready (ContainersNotReady)',
          containers: {
            web: crashing('Error', 3),
          },
          events: [...UP, backOffEvent()],
        },
      },
    ],
  },
  ...(['OnFailure', 'Never'] as const).map(
    (restartPolicy): Behaviour => ({
      name: `exit 0, restartPolicy ${restartPolicy}`,
      spec: { restartPolicy, containers: [shell('echo done')] },
      steps: [
        {
          expect: {
            pod: 'Succeeded, not ready (PodCompleted)',
            containers: { web: 'terminated Completed 0; not ready' },
            events: UP,
            log: ['done'],
          },
        },
      ],
    }),
  ),
  {
    name: 'exit 7, restartPolicy Never',
    spec: { restartPolicy: 'Never', containers: [shell('echo lost; exit 7')] },
    steps: [
      {
        expect: {
          pod: 'Failed, not ready (PodFailed)',
          containers: { web: 'terminated Error 7; not ready' },
          events: UP,
          log: ['lost'],
        },
      },
    ],
  },
  {
    name: 'one container of two fails, restartPolicy Never',
    spec: {
      restartPolicy: 'Never',
      containers: [shell('exit 1'), { name: 'side', image: IMAGE, command: ['sleep', 'infinity'] }],
    },
    steps: [
      {
        expect: {
          pod: 'Running, not ready (ContainersNotReady)',
          containers: { web: 'terminated Error 1; not ready', side: 'running; ready' },
          events: UP,
        },
      },
    ],
  },
  {
    name: 'a command with variables of the environment and of the pod',
    spec: {
      containers: [
        {
          ...web,
          command: ['sh', '-c', 'echo $(GREETING) $NAME; sleep infinity'],
          env: [
            { name: 'GREETING', value: 'hello' },
            { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          ],
        },
      ],
    },
    steps: [
      {
        expect: {
          pod: 'Running, ready',
          containers: { web: 'running; ready' },
          log: ['hello web'],
        },
      },
    ],
  },
];
