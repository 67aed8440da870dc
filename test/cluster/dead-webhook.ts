import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ControlPlaneClient } from './types.ts';

const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
/** Its value says which webhook an object is for. */
export const LABEL = 'guarded';

/** How a webhook is dead, and for which writes. */
export interface Death {
  /** Where it would be; where nobody listens, when absent. */
  readonly url?: string;
  readonly timeoutSeconds?: number;
  /** CEL: the writes that it is asked about; all when absent. */
  readonly only?: string;
}

/** Somebody's webhook of what has a label, that nobody answers: the API server refuses all writes of it with 500. */
export async function webhookDies(
  cluster: ControlPlaneClient,
  namespace: string,
  guard: string,
  group: string,
  resource: string,
  { url = 'https://127.0.0.1:1/none', timeoutSeconds = 1, only = 'true' }: Death = {},
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
          url,
          caBundle: Buffer.from(cluster.caPem).toString('base64'),
        },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds,
        matchConditions: [{ name: 'only', expression: only }],
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

/** Takes connections and never says a word: a webhook there costs each write its timeout. */
export async function silence(): Promise<string> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/none`;
}
