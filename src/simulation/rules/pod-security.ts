import { arrayOf, type JsonObject, objectOf, objectsOf, stringOf } from '../../core/json.ts';

/**
 * What of a pod breaks a Pod Security level, in the words of that admission plugin: the checks of
 * `baseline` and `restricted` that concern what a pod itself sets.
 */
export function securityProblems(level: string, spec: JsonObject): string[] {
  if (level !== 'baseline' && level !== 'restricted') return [];
  const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)];
  const found = baseline(spec, containers);
  return level === 'baseline' ? found : [...found, ...restricted(spec, containers)];
}

function named(containers: readonly JsonObject[]): string {
  const names = containers.map((it) => `"${stringOf(it.name)}"`);
  return `container${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

const contextOf = (container: JsonObject) => objectOf(container.securityContext);

function baseline(spec: JsonObject, containers: JsonObject[]): string[] {
  const found: string[] = [];
  const host = ['hostNetwork', 'hostPID', 'hostIPC'].filter((it) => spec[it] === true);
  if (host.length > 0) {
    found.push(`host namespaces (${host.map((it) => `${it}=true`).join(', ')})`);
  }
  const paths = objectsOf(spec.volumes).filter((it) => it.hostPath !== undefined);
  if (paths.length > 0) {
    const names = paths.map((it) => `"${stringOf(it.name)}"`).join(', ');
    found.push(`hostPath volumes (volume${paths.length === 1 ? '' : 's'} ${names})`);
  }
  const privileged = containers.filter((it) => contextOf(it).privileged === true);
  if (privileged.length > 0) {
    found.push(`privileged (${named(privileged)} must not set securityContext.privileged=true)`);
  }
  const ports = containers.filter((it) => objectsOf(it.ports).some((port) => port.hostPort));
  if (ports.length > 0) {
    const used = ports.flatMap((it) => objectsOf(it.ports).flatMap((port) => port.hostPort ?? []));
    found.push(`hostPort (${named(ports)} uses hostPort ${used.join(', ')})`);
  }
  return found;
}

function restricted(spec: JsonObject, containers: JsonObject[]): string[] {
  const found: string[] = [];
  const pod = objectOf(spec.securityContext);
  const escalating = containers.filter((it) => contextOf(it).allowPrivilegeEscalation !== false);
  if (escalating.length > 0) {
    found.push(
      `allowPrivilegeEscalation != false (${named(escalating)} must set securityContext.allowPrivilegeEscalation=false)`,
    );
  }
  const capable = containers.filter(
    (it) => !arrayOf(objectOf(contextOf(it).capabilities).drop).includes('ALL'),
  );
  if (capable.length > 0) {
    found.push(
      `unrestricted capabilities (${named(capable)} must set securityContext.capabilities.drop=["ALL"])`,
    );
  }
  const root = containers.filter((it) => (contextOf(it).runAsNonRoot ?? pod.runAsNonRoot) !== true);
  if (root.length > 0) {
    found.push(
      `runAsNonRoot != true (pod or ${named(root)} must set securityContext.runAsNonRoot=true)`,
    );
  }
  const zero = containers.filter((it) => contextOf(it).runAsUser === 0);
  if (pod.runAsUser === 0 || zero.length > 0) {
    const who = pod.runAsUser === 0 ? 'pod' : named(zero);
    found.push(`runAsUser=0 (${who} must not set runAsUser=0)`);
  }
  const profileOf = (context: JsonObject) => stringOf(objectOf(context.seccompProfile).type);
  const open = containers.filter((it) => {
    const profile = profileOf(contextOf(it)) ?? profileOf(pod);
    return profile !== 'RuntimeDefault' && profile !== 'Localhost';
  });
  if (open.length > 0) {
    found.push(
      `seccompProfile (pod or ${named(open)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
    );
  }
  return found;
}
