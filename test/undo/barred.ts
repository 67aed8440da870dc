import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';
import { createAs, mustRead, urlOf } from './bench.ts';
import { full } from './kinds.ts';

/** Creates it as somebody else than us. */
export async function make(
  cluster: ControlPlaneClient,
  ref: ObjectRef,
  fields: JsonObject,
): Promise<KubeObject> {
  await createAs(cluster, 'kubectl-create', ref, full(fields, ref));
  return await mustRead(cluster, ref);
}

/** Somebody sets the level of Pod Security that a namespace enforces, or takes it off. */
export async function enforce(
  cluster: ControlPlaneClient,
  namespace: string,
  level: string | null,
): Promise<void> {
  await cluster.request('PATCH', `/api/v1/namespaces/${namespace}`, {
    metadata: { labels: { 'pod-security.kubernetes.io/enforce': level } },
  });
}

/** Somebody bounds a namespace; returns once the bound is counted. */
export async function quota(
  cluster: ControlPlaneClient,
  namespace: string,
  hard: JsonObject,
): Promise<ObjectRef> {
  const ref = { apiVersion: 'v1', kind: 'ResourceQuota', namespace, name: 'bound' };
  await make(cluster, ref, { spec: { hard } });
  onTestFinished(async () => {
    await cluster.request('DELETE', urlOf(ref), undefined, { allow: [404] });
  });
  await counted(cluster, ref, hard);
  return ref;
}

/** Its controller has counted what there is, by these bounds. */
async function counted(
  cluster: ControlPlaneClient,
  ref: ObjectRef,
  hard: JsonObject,
): Promise<void> {
  await cluster.waitFor('the quota to be counted', async () => {
    const { status } = await mustRead(cluster, ref);
    const { hard: counts, used } = Object(status);
    return used !== undefined && JSON.stringify(counts) === JSON.stringify(hard);
  });
}

const ADMISSION = 'admissionregistration.k8s.io/v1';

/** A policy of one namespace that lets no ConfigMap have `mode: old`. */
export interface AdmissionPolicy {
  readonly binding: ObjectRef;
  remove(): Promise<void>;
}

/** Somebody makes it; returns once it refuses, and goes with the test. */
export async function refusesOld(
  cluster: ControlPlaneClient,
  namespace: string,
): Promise<AdmissionPolicy> {
  const name = `${namespace}-no-old`;
  const policy = { apiVersion: ADMISSION, kind: 'ValidatingAdmissionPolicy', name };
  const binding = { apiVersion: ADMISSION, kind: 'ValidatingAdmissionPolicyBinding', name };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'] };
  const expression = "!has(object.data) || !('mode' in object.data) || object.data.mode != 'old'";
  await cluster.apply([
    {
      ...full({}, policy),
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          namespaceSelector,
          resourceRules: [{ ...rule, resources: ['configmaps'] }],
        },
        validations: [{ expression, message: 'mode old is no longer allowed' }],
      },
    },
    { ...full({}, binding), spec: { policyName: name, validationActions: ['Deny'] } },
  ]);
  const paths = ['validatingadmissionpolicybindings', 'validatingadmissionpolicies'].map(
    (kind) => `/apis/${ADMISSION}/${kind}/${name}`,
  );
  const remove = async () => {
    for (const path of paths) await cluster.request('DELETE', path, undefined, { allow: [404] });
    await admits(cluster, namespace, true);
  };
  onTestFinished(remove);
  await admits(cluster, namespace, false);
  return { binding, remove };
}

/** Until the API server has heard of the policy, or of its end. */
async function admits(
  cluster: ControlPlaneClient,
  namespace: string,
  wanted: boolean,
): Promise<void> {
  await cluster.waitFor('the policy', async () => {
    const probe = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'probe' },
      data: { mode: 'old' },
    };
    const path = `${urlOf({ ...PROBE, namespace }).replace(/\/[^/]+$/, '')}?dryRun=All`;
    const { status } = await cluster.request('POST', path, probe, { allow: [422, 403] });
    return (status === 201) === wanted;
  });
}

const PROBE = { apiVersion: 'v1', kind: 'ConfigMap', name: 'probe' };
