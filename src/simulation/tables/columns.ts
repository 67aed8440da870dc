import { arrayOf, type Json, numberOf, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { ageOf, containerImages, containerNames, podReason, selectorText } from './text.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly priority: number;
  cell(object: KubeObject, now: number): Json;
}

export function column(
  name: string,
  cell: Column['cell'],
  more: { readonly type?: string; readonly wide?: boolean } = {},
): Column {
  return { name, cell, type: more.type ?? 'string', priority: more.wide ? 1 : 0 };
}

const INTEGER = { type: 'integer' };
const WIDE = { wide: true };
const spec = (object: KubeObject) => objectOf(object.spec);
const status = (object: KubeObject) => objectOf(object.status);
const podOf = (object: KubeObject) => objectOf(objectOf(spec(object).template).spec);
const count = (value: Json | undefined) => numberOf(value) ?? 0;
const text = (value: Json | undefined, otherwise = '<none>') =>
  value === undefined || value === null || value === '' ? otherwise : String(value);

export const NAME = column('Name', ({ metadata }) => metadata.name);
const AGE = column('Age', ({ metadata }, now) => ageOf(metadata.creationTimestamp, now));
const CONTAINERS = column('Containers', (it) => containerNames(podOf(it)), WIDE);
const IMAGES = column('Images', (it) => containerImages(podOf(it)), WIDE);
const SELECTOR = column('Selector', (it) => selectorText(objectOf(spec(it).selector)), WIDE);
const WORKLOAD = [AGE, CONTAINERS, IMAGES];

const readyText = (object: KubeObject) =>
  `${count(status(object).readyReplicas)}/${count(spec(object).replicas)}`;

function podReady(pod: KubeObject): string {
  const all = objectsOf(status(pod).containerStatuses);
  const wanted = objectsOf(spec(pod).containers).length;
  return `${all.filter((it) => it.ready === true).length}/${wanted}`;
}

function restarts(pod: KubeObject): string {
  const all = objectsOf(status(pod).containerStatuses);
  return String(all.reduce((sum, it) => sum + count(it.restartCount), 0));
}

function nodeStatus(node: KubeObject): string {
  const ready = objectsOf(status(node).conditions).find((it) => it.type === 'Ready');
  const state = ready?.status === 'True' ? 'Ready' : 'NotReady';
  return spec(node).unschedulable === true ? `${state},SchedulingDisabled` : state;
}

function servicePorts(service: KubeObject): string {
  const ports = objectsOf(spec(service).ports).map((it) =>
    it.nodePort === undefined
      ? `${String(it.port)}/${String(it.protocol)}`
      : `${String(it.port)}:${String(it.nodePort)}/${String(it.protocol)}`,
  );
  return ports.join(',') || '<none>';
}

function pairsText(pairs: Json | undefined): string {
  const entries = Object.entries(objectOf(pairs)).map(([key, value]) => `${key}=${String(value)}`);
  return entries.join(',') || '<none>';
}

const dataCount = (object: KubeObject) =>
  Object.keys(objectOf(object.data)).length + Object.keys(objectOf(object.binaryData)).length;

function involved(event: KubeObject): string {
  const { kind, name } = objectOf(event.involvedObject);
  return `${text(kind, '').toLowerCase()}/${text(name, '')}`;
}

const ACCESS: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const modes = (value: Json | undefined) =>
  arrayOf(value)
    .map((it) => ACCESS[String(it)] ?? String(it))
    .join(',');

function jobStatus(job: KubeObject): string {
  const conditions = objectsOf(status(job).conditions).filter((it) => it.status === 'True');
  const end = conditions.find((it) =>
    ['Complete', 'Failed', 'Suspended'].includes(String(it.type)),
  );
  return stringOf(end?.type) ?? 'Running';
}

function jobDuration(job: KubeObject, now: number): string {
  const { startTime, completionTime } = status(job);
  if (startTime === undefined) return '';
  const end = Date.parse(stringOf(completionTime) ?? '');
  return ageOf(startTime, Number.isNaN(end) ? now : end);
}

/** The columns that the API server prints for each kind; others have Name and Age. */
export const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    NAME,
    column('Ready', podReady),
    column('Status', podReason),
    column('Restarts', restarts),
    AGE,
    column('IP', (it) => text(status(it).podIP), WIDE),
    column('Node', (it) => text(spec(it).nodeName), WIDE),
    column('Nominated Node', () => '<none>', WIDE),
    column('Readiness Gates', () => '<none>', WIDE),
  ],
  Node: [
    NAME,
    column('Status', nodeStatus),
    column('Roles', () => '<none>'),
    AGE,
    column('Version', (it) => text(objectOf(status(it).nodeInfo).kubeletVersion)),
    column('Internal-IP', (it) => text(objectsOf(status(it).addresses)[0]?.address), WIDE),
    column('External-IP', () => '<none>', WIDE),
    column('OS-Image', (it) => text(objectOf(status(it).nodeInfo).osImage), WIDE),
    column('Kernel-Version', (it) => text(objectOf(status(it).nodeInfo).kernelVersion), WIDE),
    column(
      'Container-Runtime',
      (it) => text(objectOf(status(it).nodeInfo).containerRuntimeVersion),
      WIDE,
    ),
  ],
  Service: [
    NAME,
    column('Type', (it) => text(spec(it).type)),
    column('Cluster-IP', (it) => text(spec(it).clusterIP)),
    column('External-IP', () => '<none>'),
    column('Port(s)', servicePorts),
    AGE,
    column('Selector', (it) => pairsText(spec(it).selector), WIDE),
  ],
  Deployment: [
    NAME,
    column('Ready', readyText),
    column('Up-to-date', (it) => String(count(status(it).updatedReplicas))),
    column('Available', (it) => String(count(status(it).availableReplicas))),
    ...WORKLOAD,
    SELECTOR,
  ],
  ReplicaSet: [
    NAME,
    column('Desired', (it) => count(spec(it).replicas), INTEGER),
    column('Current', (it) => count(status(it).replicas), INTEGER),
    column('Ready', (it) => count(status(it).readyReplicas), INTEGER),
    ...WORKLOAD,
    SELECTOR,
  ],
  StatefulSet: [NAME, column('Ready', readyText), ...WORKLOAD],
  DaemonSet: [
    NAME,
    column('Desired', (it) => count(status(it).desiredNumberScheduled), INTEGER),
    column('Current', (it) => count(status(it).currentNumberScheduled), INTEGER),
    column('Ready', (it) => count(status(it).numberReady), INTEGER),
    column('Up-to-date', (it) => count(status(it).updatedNumberScheduled), INTEGER),
    column('Available', (it) => count(status(it).numberAvailable), INTEGER),
    column('Node Selector', (it) => pairsText(podOf(it).nodeSelector)),
    ...WORKLOAD,
    SELECTOR,
  ],
  Job: [
    NAME,
    column('Status', jobStatus),
    column(
      'Completions',
      (it) => `${count(status(it).succeeded)}/${text(spec(it).completions, '1')}`,
    ),
    column('Duration', jobDuration),
    ...WORKLOAD,
    SELECTOR,
  ],
  PodDisruptionBudget: [
    NAME,
    column('Min Available', (it) => text(spec(it).minAvailable, 'N/A')),
    column('Max Unavailable', (it) => text(spec(it).maxUnavailable, 'N/A')),
    column('Allowed Disruptions', (it) => count(status(it).disruptionsAllowed), INTEGER),
    AGE,
  ],
  ConfigMap: [NAME, column('Data', dataCount), AGE],
  Secret: [NAME, column('Type', (it) => text(it.type)), column('Data', dataCount), AGE],
  Namespace: [NAME, column('Status', (it) => text(status(it).phase)), AGE],
  PersistentVolume: [
    NAME,
    column('Capacity', (it) => text(objectOf(spec(it).capacity).storage)),
    column('Access Modes', (it) => modes(spec(it).accessModes)),
    column('Reclaim Policy', (it) => text(spec(it).persistentVolumeReclaimPolicy)),
    column('Status', (it) => text(status(it).phase)),
    column('Claim', (it) => {
      const { namespace, name } = objectOf(spec(it).claimRef);
      return name === undefined ? '' : `${text(namespace)}/${text(name)}`;
    }),
    column('StorageClass', (it) => text(spec(it).storageClassName, '')),
    column('VolumeAttributesClass', () => '<unset>'),
    column('Reason', () => ''),
    AGE,
    column('VolumeMode', (it) => text(spec(it).volumeMode), WIDE),
  ],
  PersistentVolumeClaim: [
    NAME,
    column('Status', (it) =>
      it.metadata.deletionTimestamp ? 'Terminating' : text(status(it).phase),
    ),
    column('Volume', (it) => text(spec(it).volumeName, '')),
    column('Capacity', (it) => text(objectOf(status(it).capacity).storage, '')),
    column('Access Modes', (it) => modes(status(it).accessModes)),
    column('StorageClass', (it) => text(spec(it).storageClassName, '')),
    column('VolumeAttributesClass', () => '<unset>'),
    AGE,
    column('VolumeMode', (it) => text(spec(it).volumeMode), WIDE),
  ],
  Event: [
    column('Last Seen', (it, now) => ageOf(it.lastTimestamp ?? it.eventTime, now)),
    column('Type', (it) => text(it.type, '')),
    column('Reason', (it) => text(it.reason, '')),
    column('Object', involved),
    column('Subobject', (it) => text(objectOf(it.involvedObject).fieldPath, ''), WIDE),
    column('Source', (it) => text(objectOf(it.source).component, ''), WIDE),
    column('Message', (it) => text(it.message, '').trim()),
    column('First Seen', (it, now) => ageOf(it.firstTimestamp ?? it.eventTime, now), WIDE),
    column('Count', (it) => count(it.count), WIDE),
    column('Name', ({ metadata }) => metadata.name, WIDE),
  ],
  EndpointSlice: [
    NAME,
    column('AddressType', (it) => text(it.addressType)),
    column(
      'Ports',
      (it) =>
        objectsOf(it.ports)
          .map((port) => text(port.port))
          .join(',') || '<unset>',
    ),
    column(
      'Endpoints',
      (it) =>
        objectsOf(it.endpoints)
          .flatMap((one) => arrayOf(one.addresses).map(String))
          .join(',') || '<unset>',
    ),
    AGE,
  ],
  Lease: [NAME, column('Holder', (it) => text(spec(it).holderIdentity, '')), AGE],
  NetworkPolicy: [
    NAME,
    column('Pod-Selector', (it) => selectorText(objectOf(spec(it).podSelector))),
    AGE,
  ],
  Ingress: [
    NAME,
    column('Class', (it) => text(spec(it).ingressClassName)),
    column(
      'Hosts',
      (it) =>
        objectsOf(spec(it).rules)
          .map((rule) => text(rule.host, '*'))
          .join(',') || '*',
    ),
    column('Address', () => ''),
    column('Ports', (it) => (spec(it).tls === undefined ? '80' : '80, 443')),
    AGE,
  ],
};
