import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/core/kube.ts';
import type { Answer, Assistant } from '../../story/client.ts';
import type { Wanted } from './checks.ts';

/** What an assistant does, from begin to end, to one object. */
export interface Flow {
  readonly name: string;
  /** `Kind/name` of the object it is about. */
  readonly object: string;
  /** What the run needs: pods take their time. */
  readonly needs: 'ConfigMaps' | 'Deployment';
  /** How its transaction ends when nothing goes wrong. */
  readonly ends: 'COMMITTED' | 'ABORTED' | 'UNDONE';
  /** The object after a commit, given what it was before. */
  readonly applied: (before: Wanted, namespace: string) => Wanted;
  /** The object isn't there before. */
  readonly creates?: true;
  /** Its undo creates the object again. */
  readonly recreates?: true;
  /** Makes the calls, and goes on after an error as long as that makes sense. */
  run(server: Assistant, namespace: string): Promise<void>;
}

const CONFIG = { kind: 'ConfigMap', name: 'settings' };
const WEB = { kind: 'Deployment', name: 'web' };
const reason = 'a flow';
const COMMIT_SECONDS = 30;

async function begin(server: Assistant, namespace: string): Promise<string | undefined> {
  const answer = await server.call('transaction_begin', { reason, namespaces: [namespace] });
  return answer.isError ? undefined : String(answer.data.transaction);
}

async function commit(server: Assistant, transaction: string): Promise<Answer> {
  return server.call('transaction_commit', { transaction, wait_seconds: COMMIT_SECONDS });
}

const patched = { ...CONFIG, patch: { data: { mode: 'slow' } }, reason };
const slow = (before: Wanted): Wanted =>
  before && { ...before, data: { ...(before.data as JsonObject), mode: 'slow' } };

const inSpec = (before: Wanted, change: (spec: JsonObject) => JsonObject): Wanted =>
  before && { ...before, spec: change(before.spec as JsonObject) };

const FRESH = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'fresh', labels: { app: 'fresh' } },
  data: { mode: 'fast' },
};

const fresh = (namespace: string): KubeObject => ({
  ...FRESH,
  metadata: { ...FRESH.metadata, namespace },
});

/** Begin, one call, and the end of it. */
function inTransaction(tool: string, args: JsonObject, end: 'commit' | 'abort'): Flow['run'] {
  return async (server, namespace) => {
    const transaction = await begin(server, namespace);
    if (transaction === undefined) return;
    const { isError } = await server.call(tool, { ...args, namespace, transaction });
    if (end === 'commit' && !isError) await commit(server, transaction);
    else await server.call('transaction_abort', { transaction, reason });
  };
}

export const FLOWS: readonly Flow[] = [
  {
    name: 'patch',
    object: 'ConfigMap/settings',
    needs: 'ConfigMaps',
    ends: 'COMMITTED',
    applied: slow,
    run: async (server, namespace) => {
      await server.call('mitigate_patch', { ...patched, namespace });
    },
  },
  {
    name: 'create',
    object: 'ConfigMap/fresh',
    needs: 'ConfigMaps',
    ends: 'COMMITTED',
    creates: true,
    applied: (_, namespace) => fresh(namespace),
    run: async (server, namespace) => {
      await server.call('mitigate_apply', {
        mode: 'create',
        manifest: FRESH,
        namespace,
        reason,
      });
    },
  },
  {
    name: 'delete, then abort',
    object: 'ConfigMap/settings',
    needs: 'ConfigMaps',
    ends: 'ABORTED',
    applied: () => undefined,
    recreates: true,
    run: inTransaction('mitigate_delete', { ...CONFIG, reason }, 'abort'),
  },
  {
    name: 'patch, then abort',
    object: 'ConfigMap/settings',
    needs: 'ConfigMaps',
    ends: 'ABORTED',
    applied: slow,
    run: inTransaction('mitigate_patch', patched, 'abort'),
  },
  {
    name: 'undo of a committed one',
    object: 'ConfigMap/settings',
    needs: 'ConfigMaps',
    ends: 'UNDONE',
    applied: slow,
    run: async (server, namespace) => {
      const { data } = await server.call('mitigate_patch', { ...patched, namespace });
      if (data.status !== 'committed') return;
      await server.call('undo_transaction', { transaction: String(data.transaction), reason });
    },
  },
  {
    name: 'create, then abort',
    object: 'ConfigMap/fresh',
    needs: 'ConfigMaps',
    ends: 'ABORTED',
    creates: true,
    applied: (_, namespace) => fresh(namespace),
    run: inTransaction('mitigate_apply', { mode: 'create', manifest: FRESH, reason }, 'abort'),
  },
  {
    name: 'template',
    object: 'Deployment/web',
    needs: 'Deployment',
    ends: 'COMMITTED',
    applied: (before) =>
      inSpec(before, (spec) => {
        const template = spec.template as JsonObject;
        const podSpec = template.spec as JsonObject;
        const [container] = podSpec.containers as JsonObject[];
        const containers = [{ ...container, image: 'local/web:2' }];
        return { ...spec, template: { ...template, spec: { ...podSpec, containers } } };
      }),
    run: inTransaction(
      'mitigate_set_container',
      { ...WEB, image: 'local/web:2', reason },
      'commit',
    ),
  },
  {
    name: 'scale',
    object: 'Deployment/web',
    needs: 'Deployment',
    ends: 'COMMITTED',
    applied: (before) => inSpec(before, (spec) => ({ ...spec, replicas: 2 })),
    run: inTransaction('mitigate_scale', { ...WEB, replicas: 2, reason }, 'commit'),
  },
  {
    name: 'delete of a workload',
    object: 'Deployment/web',
    needs: 'Deployment',
    ends: 'COMMITTED',
    applied: () => undefined,
    recreates: true,
    run: inTransaction('mitigate_delete', { ...WEB, intended_reduction: true, reason }, 'commit'),
  },
];

/** A Deployment that no flow touches. */
export const BYSTANDER = 'bystander';

/** What is there before a flow starts. `other` is nobody's business but the next transaction's. */
export function objectsFor({ needs }: Flow, namespace: string): JsonObject[] {
  const configMap = (name: string): JsonObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { app: name }, annotations: { owner: 'the shop team' } },
    data: { mode: 'fast', level: 'info' },
  });
  const deployment = (name: string): JsonObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'web', image: 'local/web:1' }],
        },
      },
    },
  });
  const workloads = needs === 'Deployment' ? [deployment('web'), deployment(BYSTANDER)] : [];
  return [configMap('settings'), configMap('other'), ...workloads];
}
