import { onTestFinished } from 'vitest';
import type { ControlPlaneClient } from './types.ts';

const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
/** Its value says which webhook an object is for. */
export const LABEL = 'guarded';

/** Somebody's webhook of what has a label, that nobody answers: the API server refuses all writes of it with 500. */
export async function webhookDies(
  cluster: ControlPlaneClient,
  namespace: string,
  guard: string,
  group: string,
  resource: string,
): Promise<() => Promise<unknown>> {
  const name = `${namespace}-${guard}`;
  await cluster.request('POST', WEBHOOKS, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: 'dead.example.com',
        clientConfig: {
          url: 'https://127.0.0.1:1/none',
          caBundle: Buffer.from(cluster.caPem).toString('base64'),
        },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds: 1,
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        objectSelector: { matchLabels: { [LABEL]: guard } },
        rules: [
          {
            apiGroups: [group],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE', 'DELETE'],
            resources: [resource],
          },
        ],
      },
    ],
  });
  const remove = () =>
    cluster.request('DELETE', `${WEBHOOKS}/${name}`, undefined, { allow: [404] });
  onTestFinished(async () => void (await remove()));
  return remove;
}

/** The API server hears of webhooks by a watch: waits until a rehearsed write of the object is answered so. */
export async function answers(
  cluster: ControlPlaneClient,
  status: number,
  url: string,
): Promise<void> {
  await cluster.waitFor(`${url} to answer ${status}`, async () => {
    const body = JSON.stringify({ metadata: { annotations: { probe: 'x' } } });
    const contentType = 'application/merge-patch+json';
    const answer = await cluster.request('PATCH', `${url}?dryRun=All`, body, {
      contentType,
      allow: [500],
    });
    return answer.status === status;
  });
}
