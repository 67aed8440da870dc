import { PassThrough } from 'node:stream';
import { Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';
import type { ControlPlaneClient } from './types.ts';

/**
 * Runs a command in a pod's container, through the API server, and returns what it wrote.
 * @throws Error with its standard error when it fails, or when the kubelet takes no commands.
 */
export async function execInPod(
  cluster: ControlPlaneClient,
  namespace: string,
  pod: string,
  container: string,
  command: readonly string[],
): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig());
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = [stdout, stderr].map((stream) => stream.setEncoding('utf8').toArray());
  const argv = [...command];
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(namespace, pod, container, argv, stdout, stderr, null, false, resolve)
      .catch((error: unknown) => reject(new Error(`exec: ${String(error)}`)));
  });
  stdout.end();
  stderr.end();
  const [said = '', complained = ''] = (await Promise.all(texts)).map((parts) => parts.join(''));
  if (status.status !== 'Success') throw new Error(`${status.message}\n${complained}`);
  return said;
}
