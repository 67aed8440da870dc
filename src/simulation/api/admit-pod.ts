import { type JsonObject, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { kindNamed } from '../kinds.ts';
import { securityProblems } from '../rules/pod-security.ts';
import { forbidden } from './error.ts';
import type { Machine } from './machine.ts';
import { wordOf } from './machine.ts';

const PODS = kindNamed('Pod');
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** ServiceAccount, priority, default tolerations, Pod Security. In place. @throws ApiError 403. */
export function admitPod(machine: Machine, pod: KubeObject, namespace: KubeObject): void {
  const spec = objectOf(pod.spec);
  account(machine, pod, spec);
  priority(machine, pod, spec);
  tolerations(spec);
  const level = stringOf(objectOf(namespace.metadata.labels)['pod-security.kubernetes.io/enforce']);
  const found = securityProblems(level ?? 'privileged', spec);
  if (found.length > 0) {
    const why = `violates PodSecurity "${level}:latest": ${found.join(', ')}`;
    throw forbidden(PODS, pod.metadata.name, why);
  }
}

function account(machine: Machine, pod: KubeObject, spec: JsonObject): void {
  const name = stringOf(spec.serviceAccountName) ?? 'default';
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
  const { namespace } = pod.metadata;
  const found = machine.store.get(kindNamed('ServiceAccount'), namespace, name);
  if (found === undefined) {
    const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
    throw forbidden(PODS, pod.metadata.name, why);
  }
  if (spec.automountServiceAccountToken === false || found.automountServiceAccountToken === false) {
    return;
  }
  mountToken(pod, spec);
}

/** The volume with token, CA and namespace that every container gets. */
function mountToken(pod: KubeObject, spec: JsonObject): void {
  const volumeName = `kube-api-access-${wordOf(pod.metadata.uid ?? '', 5)}`;
  const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)];
  const bare = containers.filter(
    (it) => !objectsOf(it.volumeMounts).some((mount) => mount.mountPath === TOKEN_PATH),
  );
  if (bare.length === 0) return;
  for (const container of bare) {
    container.volumeMounts = [
      ...objectsOf(container.volumeMounts),
      { name: volumeName, readOnly: true, mountPath: TOKEN_PATH },
    ];
  }
  const fieldRef = { apiVersion: 'v1', fieldPath: 'metadata.namespace' };
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef }] } },
  ];
  spec.volumes = [
    ...objectsOf(spec.volumes),
    { name: volumeName, projected: { sources, defaultMode: 420 } },
  ];
}

function priority({ store }: Machine, pod: KubeObject, spec: JsonObject): void {
  const name = stringOf(spec.priorityClassName);
  const classes = store.list(kindNamed('PriorityClass'));
  const found = classes.find((it) =>
    name === undefined ? it.globalDefault === true : it.metadata.name === name,
  );
  if (name !== undefined && found === undefined) {
    const why = `no PriorityClass with name ${name} was found`;
    throw forbidden(PODS, pod.metadata.name, why);
  }
  if (found !== undefined) spec.priorityClassName = found.metadata.name;
  spec.priority = Number(found?.value ?? 0);
  spec.preemptionPolicy ??= stringOf(found?.preemptionPolicy) ?? 'PreemptLowerPriority';
}

function tolerations(spec: JsonObject): void {
  const given = objectsOf(spec.tolerations);
  const missing = ['not-ready', 'unreachable']
    .map((name) => `node.kubernetes.io/${name}`)
    .filter((key) => !given.some((it) => tolerates(it, key)))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  if (missing.length > 0) spec.tolerations = [...given, ...missing];
}

function tolerates(toleration: JsonObject, key: string): boolean {
  const { effect } = toleration;
  return (
    (toleration.key === key || toleration.key === undefined) &&
    (effect === undefined || effect === '' || effect === 'NoExecute')
  );
}
