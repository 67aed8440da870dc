import { isObject, type JsonObject, objectOf, objectsOf } from '../../core/json.ts';
import { defaultPod, defaultPodSpec } from './defaults-pod.ts';

type Rule = (spec: JsonObject, object: JsonObject) => void;

/** Fills what was left out, as the API server's defaulting does. In place, on a fresh copy. */
export function applyDefaults(kind: string, object: JsonObject): void {
  const rule = RULES[kind];
  if (rule === undefined) return;
  const spec = objectOf(object.spec);
  rule(spec, object);
  if (isObject(object.spec)) object.spec = spec;
}

function template(spec: JsonObject): void {
  const pod = objectOf(spec.template).spec;
  if (isObject(pod)) defaultPodSpec(pod);
}

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const job: Rule = (spec) => {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= 6;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= 'TerminatingOrFailed';
  template(spec);
};

const claim: Rule = (spec, object) => {
  spec.volumeMode ??= 'Filesystem';
  object.status = { phase: 'Pending', ...objectOf(object.status) };
};

const RULES: Readonly<Record<string, Rule>> = {
  Pod: (spec) => {
    defaultPodSpec(spec);
    defaultPod(spec);
  },
  Deployment: (spec) => {
    spec.replicas ??= 1;
    const strategy = objectOf(spec.strategy);
    strategy.type ??= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = objectOf(strategy.rollingUpdate);
      rolling.maxUnavailable ??= '25%';
      rolling.maxSurge ??= '25%';
      strategy.rollingUpdate = rolling;
    }
    spec.strategy = strategy;
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    template(spec);
  },
  ReplicaSet: (spec) => {
    spec.replicas ??= 1;
    template(spec);
  },
  StatefulSet: (spec) => {
    spec.podManagementPolicy ??= 'OrderedReady';
    const strategy = objectOf(spec.updateStrategy);
    strategy.type ??= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      strategy.rollingUpdate = { partition: 0, ...objectOf(strategy.rollingUpdate) };
    }
    spec.updateStrategy = strategy;
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    spec.persistentVolumeClaimRetentionPolicy = {
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
      ...objectOf(spec.persistentVolumeClaimRetentionPolicy),
    };
    for (const each of objectsOf(spec.volumeClaimTemplates)) {
      each.apiVersion ??= 'v1';
      each.kind ??= 'PersistentVolumeClaim';
      const inner = objectOf(each.spec);
      claim(inner, each);
      each.spec = inner;
    }
    template(spec);
  },
  DaemonSet: (spec, object) => {
    const metadata = objectOf(object.metadata);
    metadata.annotations = { [TEMPLATE_GENERATION]: '1', ...objectOf(metadata.annotations) };
    const strategy = objectOf(spec.updateStrategy);
    strategy.type ??= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      strategy.rollingUpdate = {
        maxUnavailable: 1,
        maxSurge: 0,
        ...objectOf(strategy.rollingUpdate),
      };
    }
    spec.updateStrategy = strategy;
    spec.revisionHistoryLimit ??= 10;
    template(spec);
  },
  Job: job,
  Service: (spec) => {
    spec.sessionAffinity ??= 'None';
    spec.type ??= 'ClusterIP';
    for (const port of objectsOf(spec.ports)) {
      port.protocol ??= 'TCP';
      port.targetPort ??= port.port;
    }
    if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') {
      spec.externalTrafficPolicy ??= 'Cluster';
    }
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  },
  Secret: (_spec, object) => {
    const written = Object.entries(objectOf(object.stringData)).map(([key, value]) => [
      key,
      Buffer.from(String(value)).toString('base64'),
    ]);
    if (written.length > 0)
      object.data = { ...objectOf(object.data), ...Object.fromEntries(written) };
    delete object.stringData;
    object.type ??= 'Opaque';
  },
  PersistentVolume: (spec, object) => {
    spec.persistentVolumeReclaimPolicy ??= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (isObject(spec.hostPath)) spec.hostPath.type ??= '';
    const reference = spec.claimRef;
    if (isObject(reference)) {
      reference.apiVersion ??= 'v1';
      reference.kind ??= 'PersistentVolumeClaim';
    }
    object.status = { phase: 'Pending', ...objectOf(object.status) };
  },
  PersistentVolumeClaim: claim,
  Namespace: (spec, object) => {
    spec.finalizers ??= ['kubernetes'];
    object.spec = spec;
    object.status = { phase: 'Active', ...objectOf(object.status) };
    const metadata = objectOf(object.metadata);
    metadata.labels = {
      ...objectOf(metadata.labels),
      'kubernetes.io/metadata.name': metadata.name,
    };
  },
  NetworkPolicy: (spec) => {
    spec.policyTypes ??= spec.egress === undefined ? ['Ingress'] : ['Ingress', 'Egress'];
  },
  StorageClass: (_spec, object) => {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  PriorityClass: (_spec, object) => {
    object.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  EndpointSlice: (_spec, object) => {
    object.endpoints ??= [];
    object.ports ??= [];
    for (const port of objectsOf(object.ports)) {
      port.protocol ??= 'TCP';
      port.name ??= '';
    }
  },
  ResourceQuota: (_spec, object) => {
    object.status ??= {};
  },
};
