import type { FileSource, Pod, Volume } from './pod.ts';
import type { World } from './world.ts';

/** Why the pod's volumes can't be mounted, in the kubelet's words, or undefined when they can. */
export function mountFailure(pod: Pod, world: World): string | undefined {
  const namespace = pod.metadata.namespace;
  for (const volume of pod.spec.volumes ?? []) {
    const problem = volumeProblem(volume, namespace, world);
    if (problem !== undefined) {
      return `MountVolume.SetUp failed for volume "${volume.name}" : ${problem}`;
    }
  }
  return undefined;
}

function volumeProblem(volume: Volume, namespace: string, world: World): string | undefined {
  const claim = volume.persistentVolumeClaim?.claimName;
  if (claim !== undefined && !world.claimExists(namespace, claim)) {
    return `persistentvolumeclaim "${claim}" not found`;
  }
  const sources = [volume, ...(volume.projected?.sources ?? [])];
  for (const { configMap, secret } of sources) {
    const problem =
      (configMap && filesProblem('configmap', configMap, namespace, world)) ??
      (secret && filesProblem('secret', secret, namespace, world));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function filesProblem(
  kind: 'configmap' | 'secret',
  source: FileSource,
  namespace: string,
  world: World,
): string | undefined {
  if (source.optional === true) return undefined;
  const name = source.name ?? source.secretName ?? '';
  const data =
    kind === 'configmap' ? world.configMap(namespace, name) : world.secret(namespace, name);
  if (data === undefined) return `${kind} "${name}" not found`;
  const missing = source.items?.find((item) => !(item.key in data));
  if (missing === undefined) return undefined;
  return kind === 'configmap'
    ? `configmap references non-existent config key: ${missing.key}`
    : `references non-existent secret key: ${missing.key}`;
}
