import type { Container, EnvFrom, EnvVar, Pod } from './pod.ts';
import type { World } from './world.ts';

export type Environment = Readonly<Record<string, string>>;

export type EnvironmentResult =
  | { readonly ok: true; readonly values: Environment }
  /** The kubelet's message for CreateContainerConfigError. */
  | { readonly ok: false; readonly message: string };

interface Site {
  readonly pod: Pod;
  readonly podIp: string;
  readonly nodeName: string;
  readonly hostIp: string;
  readonly world: World;
}

class ConfigError extends Error {}

/** The environment that a container starts with; a missing required source is a config error. */
export function resolveEnvironment(container: Container, site: Site): EnvironmentResult {
  const values: Record<string, string> = {};
  try {
    for (const source of container.envFrom ?? []) Object.assign(values, readSource(source, site));
    for (const variable of container.env ?? []) {
      const value = readVariable(variable, values, site);
      if (value !== undefined) values[variable.name] = value;
    }
    return { ok: true, values };
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, message: error.message };
    throw error;
  }
}

function readSource(source: EnvFrom, site: Site): Record<string, string> {
  const namespace = site.pod.metadata.namespace;
  const kind = source.configMapRef ? 'configmap' : 'secret';
  const reference = source.configMapRef ?? source.secretRef;
  if (reference === undefined) return {};
  const name = reference.name ?? '';
  const data =
    kind === 'configmap'
      ? site.world.configMap(namespace, name)
      : site.world.secret(namespace, name);
  if (data === undefined) {
    if (reference.optional === true) return {};
    throw new ConfigError(`${kind} "${name}" not found`);
  }
  const prefix = source.prefix ?? '';
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [prefix + key, value]));
}

function readVariable(
  variable: EnvVar,
  values: Record<string, string>,
  site: Site,
): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return expandReferences(variable.value ?? '', values);
  const namespace = site.pod.metadata.namespace;
  const key = from.configMapKeyRef ?? from.secretKeyRef;
  if (key !== undefined) {
    const isMap = from.configMapKeyRef !== undefined;
    const name = key.name ?? '';
    const data = isMap ? site.world.configMap(namespace, name) : site.world.secret(namespace, name);
    const value = data?.[key.key];
    if (value !== undefined) return value;
    if (key.optional === true) return undefined;
    if (data === undefined) {
      throw new ConfigError(`${isMap ? 'configmap' : 'secret'} "${name}" not found`);
    }
    const kind = isMap ? 'ConfigMap' : 'Secret';
    throw new ConfigError(`couldn't find key ${key.key} in ${kind} ${namespace}/${name}`);
  }
  if (from.fieldRef !== undefined) return readField(from.fieldRef.fieldPath, site);
  return '0';
}

function readField(path: string, site: Site): string {
  const { metadata, spec } = site.pod;
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed !== null) {
    const source = keyed[1] === 'labels' ? metadata.labels : metadata.annotations;
    return source?.[keyed[2] ?? ''] ?? '';
  }
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': site.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.podIP': site.podIp,
    'status.podIPs': site.podIp,
    'status.hostIP': site.hostIp,
    'status.hostIPs': site.hostIp,
  };
  return fields[path] ?? '';
}

/** `$(NAME)` as the kubelet expands it: `$$` escapes, an unknown name stays as written. */
export function expandReferences(text: string, values: Environment): string {
  return text.replace(/\$\$|\$\(([A-Za-z_.-][\w.-]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (values[name] ?? whole),
  );
}
