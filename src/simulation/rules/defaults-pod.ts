import { isObject, type JsonObject, objectOf, objectsOf, stringOf } from '../../core/json.ts';

/** Fills what a pod's author left out, as `SetDefaults_PodSpec` does. In place, on a fresh copy. */
export function defaultPodSpec(spec: JsonObject): void {
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ??= 'default-scheduler';
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount !== undefined) spec.serviceAccountName = spec.serviceAccount;
  for (const container of objectsOf(spec.initContainers)) defaultContainer(container, spec);
  for (const container of objectsOf(spec.containers)) defaultContainer(container, spec);
  for (const volume of objectsOf(spec.volumes)) defaultVolume(volume);
}

/** What only a pod gets, not a template. */
export function defaultPod(spec: JsonObject): void {
  spec.enableServiceLinks ??= true;
  const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)];
  for (const { resources } of containers) {
    if (!isObject(resources) || !isObject(resources.limits)) continue;
    const requests = { ...resources.limits, ...objectOf(resources.requests) };
    resources.requests = requests;
  }
}

function defaultContainer(container: JsonObject, spec: JsonObject): void {
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??= pullPolicy(stringOf(container.image) ?? '');
  container.resources ??= {};
  for (const port of objectsOf(container.ports)) {
    port.protocol ??= 'TCP';
    if (spec.hostNetwork === true) port.hostPort ??= port.containerPort;
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const given = container[probe];
    if (isObject(given)) defaultProbe(given);
  }
  const lifecycle = objectOf(container.lifecycle);
  for (const hook of [lifecycle.postStart, lifecycle.preStop]) defaultHttp(objectOf(hook).httpGet);
  for (const variable of objectsOf(container.env)) {
    const reference = objectOf(variable.valueFrom).fieldRef;
    if (isObject(reference)) reference.apiVersion ??= 'v1';
  }
}

function pullPolicy(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  return !/[:@]/.test(name) || name.endsWith(':latest') ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: JsonObject): void {
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  defaultHttp(probe.httpGet);
}

function defaultHttp(action: JsonObject[string]): void {
  if (!isObject(action)) return;
  action.path ??= '/';
  action.scheme ??= 'HTTP';
}

function defaultVolume(volume: JsonObject): void {
  for (const source of ['configMap', 'secret', 'projected', 'downwardAPI']) {
    const given = volume[source];
    if (isObject(given)) given.defaultMode ??= 420;
  }
  for (const source of objectsOf(objectOf(volume.projected).sources)) {
    const token = source.serviceAccountToken;
    if (isObject(token)) token.expirationSeconds ??= 3600;
  }
  if (isObject(volume.hostPath)) volume.hostPath.type ??= '';
  if (Object.keys(volume).length === 1) volume.emptyDir = {};
}
