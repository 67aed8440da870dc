/** What the behaviours' pods are made of. */
export const IMAGE = 'local/web:1';

export const web = { name: 'web', image: IMAGE };

/** A container that runs a line of shell. */
export const shell = (line: string) => ({ ...web, command: ['sh', '-c', line] });

export const named = (name: string, line: string) => ({ ...shell(line), name });

/** The same, with its namespace in NAMESPACE: busybox completes no short names. */
export const inNamespace = (name: string, line: string) => ({
  ...named(name, line),
  env: [{ name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
});

/** Nothing to clean up means no reason to wait for it. */
export const quick = { terminationGracePeriodSeconds: 1 };

export const get = (path: string, port: number | string) => ({ httpGet: { path, port } });

/** What a kubelet says while a container comes up. */
export const PULLED = `Normal Pulled: Container image "${IMAGE}" already present on machine and can be accessed by the pod`;
export const UP = [
  PULLED,
  'Normal Created: Container created',
  'Normal Started: Container started',
];

export const KILLING = 'Normal Killing: Stopping container web';

export const backOffEvent = (container = 'web') =>
  `Warning BackOff: Back-off restarting failed container ${container} in pod web_NAMESPACE(UID)`;

export const backingOff = (seconds: number, container = 'web') =>
  `waiting CrashLoopBackOff: back-off ${seconds}s restarting failed container=${container} pod=web_NAMESPACE(UID)`;

/**
 * A container that was restarted and ended again. A kubelet may show the end itself until the
 * first back-off is over: it looks at a pod in back-off only every 10 to 15 s.
 */
export const crashing = (
  reason: string,
  code: number,
  container = 'web',
  message = '',
  restarts = 1,
) => {
  const end = `terminated ${reason} ${code}${message && `: ${message}`}`;
  return [
    `${end}; last ${end}; restarts ${restarts}; not ready`,
    `${backingOff(10, container)}; last ${end}; restarts ${restarts}; not ready`,
  ];
};

/** The same after a failed probe, whose first restart isn't held against the container. */
export const stopped = crashing('Error', 143, 'web', '', 2);
