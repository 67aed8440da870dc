import { at, type JsonObject, numberOf, objectOf, objectsOf } from '../../core/json.ts';
import type { SimulatedCluster } from '../../simulation/start.ts';
import { SHOP } from './shop.ts';

export type User = SimulatedCluster['user'];

/** A call of one tool. */
export interface Call {
  readonly tool: string;
  readonly args: JsonObject;
}

/** What the scripted assistant believes, and does about it. */
export interface Attempt {
  readonly cause: string;
  readonly evidence: readonly string[];
  /** Without transaction and reason. */
  readonly change: Call;
}

/** One thing that is wrong with the shop, and the story of its repair. */
export interface Failure {
  readonly name: string;
  /** What somebody did, for the reader; the assistant isn't told. */
  readonly happened: string;
  /** The incident, in the words of who reports it. */
  readonly title: string;
  readonly break: (user: User) => void;
  /** True as soon as it shows. */
  readonly shows: (user: User) => boolean;
  /** Where the assistant looks first. */
  readonly look: Call;
  /** Makes things worse, or takes away what is sick. */
  readonly wrong: Attempt;
  /** Where it looks after that. */
  readonly lookAgain: Call;
  readonly right: Attempt;
}

const here = { namespace: SHOP };
const image = (name: string, to: string): Call => ({
  tool: 'mitigate_set_container',
  args: { ...here, name, image: to },
});
const port = (name: string, target: number): Call => ({
  tool: 'mitigate_set_service',
  args: { ...here, name, ports: [{ port: 80, target_port: target }] },
});

const badImage: Failure = {
  name: 'bad-image',
  happened: 'A release of catalog names an image that nobody built.',
  title: 'the rollout of catalog hangs',
  break(user) {
    const web = { name: 'web', image: 'local/web:nope' };
    patch(user, 'Deployment', 'catalog', { template: { spec: { containers: [web] } } });
  },
  shows: (user) => JSON.stringify(podsOf(user, 'catalog')).includes('ImagePullBackOff'),
  look: { tool: 'observe_events', args: { ...here, reason: 'Failed', limit: 3 } },
  wrong: {
    cause: 'frontend is older than the catalog it calls',
    evidence: ['observe_events: catalog fails since its release'],
    change: image('frontend', 'local/web:3'),
  },
  lookAgain: {
    tool: 'observe_rollout',
    args: { ...here, kind: 'Deployment', name: 'catalog' },
  },
  right: {
    cause: 'the tag local/web:nope was never built',
    evidence: ['observe_rollout: the revision before ran local/web:1'],
    change: image('catalog', 'local/web:1'),
  },
};

const targetPort: Failure = {
  name: 'target-port',
  happened: 'The Service catalog sends to port 9999, where nobody listens.',
  title: 'nobody reaches catalog',
  break(user) {
    const ports = [{ name: 'http', port: 80, targetPort: 9999 }];
    patch(user, 'Service', 'catalog', { ports });
  },
  shows: (user) =>
    user
      .list('EndpointSlice', SHOP)
      .filter((it) => it.metadata.labels?.['kubernetes.io/service-name'] === 'catalog')
      .some((it) => objectsOf(it.ports).some((each) => numberOf(each.port) === 9999)),
  look: {
    tool: 'observe_describe',
    args: { ...here, kind: 'Service', name: 'catalog' },
  },
  wrong: {
    cause: 'the Services of the shop disagree about the port',
    evidence: ['observe_describe: catalog sends to 9999, frontend to 8080'],
    change: port('frontend', 9999),
  },
  lookAgain: {
    tool: 'observe_get',
    args: {
      ...here,
      ...{ kind: 'Deployment', name: 'catalog' },
      fields: 'spec.template.spec.containers[0].ports',
    },
  },
  right: {
    cause: 'the pods of catalog listen on 8080, and its Service sends to 9999',
    evidence: ['observe_get: the container declares port 8080'],
    change: port('catalog', 8080),
  },
};

const quota: Failure = {
  name: 'quota',
  happened: 'A quota of six pods came into the namespace; then two pods of cart were lost.',
  title: 'cart has no pods',
  break(user) {
    user.create('ResourceQuota', SHOP, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'team-quota', namespace: SHOP },
      spec: { hard: { pods: '6' } },
    });
    for (const pod of podsOf(user, 'cart')) user.remove(pod, undefined, 0);
  },
  shows: (user) =>
    podsOf(user, 'cart').length === 0 &&
    JSON.stringify(user.list('ReplicaSet', SHOP)).includes('exceeded quota'),
  look: { tool: 'observe_events', args: { ...here, reason: 'FailedCreate', limit: 3 } },
  wrong: {
    cause: 'cart is left over: without it nothing is wrong',
    evidence: ['observe_events: its pods are not created, and no other pod fails'],
    change: { tool: 'mitigate_scale', args: { ...here, name: 'cart', replicas: 0 } },
  },
  lookAgain: {
    tool: 'observe_describe',
    args: { ...here, kind: 'ResourceQuota', name: 'team-quota' },
  },
  right: {
    cause: 'the quota is smaller than the shop',
    evidence: ['observe_describe: 6 of 6 pods used, the shop needs 8'],
    change: {
      tool: 'mitigate_patch',
      args: {
        ...here,
        ...{ kind: 'ResourceQuota', name: 'team-quota', type: 'merge' },
        patch: { spec: { hard: { pods: '12' } } },
      },
    },
  },
};

/** The first one is the default. */
export const FAILURES: readonly Failure[] = [badImage, targetPort, quota];

function patch(user: User, kind: string, name: string, spec: JsonObject): void {
  const found = user.get(kind, SHOP, name);
  if (found !== undefined) user.patch(found, { spec });
}

function podsOf(user: User, app: string) {
  return user.list('Pod', SHOP).filter((pod) => pod.metadata.labels?.app === app);
}

/** True when every Deployment of the shop has all its pods available. */
export function shopReady(user: User): boolean {
  return user
    .list('Deployment', SHOP)
    .every((it) => at(it, 'status', 'availableReplicas') === objectOf(it.spec).replicas);
}
