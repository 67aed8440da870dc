import type { ClusterReader } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { arrayOf, at, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { type Check, fail, failed, ok, warn } from './check.ts';

const AREA = 'fence';
const GROUP = 'admissionregistration.k8s.io';
const INSTALL = 'kubectl apply -f deploy/fence.yaml, or start without --fence.';

export interface FenceQuestion {
  /** The setting. */
  readonly fence: boolean;
  /** `kube-system/stratus-mcp`; undefined where the setting is `off`. */
  readonly lease: string | undefined;
  /** Who the API server takes this identity for. */
  readonly username: string;
}

/** Whether the admission policy that compares epochs stands, binds this identity, and fits the setting. Reads only. */
export async function fenceChecks(reader: ClusterReader, asked: FenceQuestion): Promise<Check[]> {
  try {
    const policies = await all(reader, 'validatingadmissionpolicies');
    const bindings = await all(reader, 'validatingadmissionpolicybindings');
    if (policies === undefined || bindings === undefined) {
      const found = 'this cluster serves no ValidatingAdmissionPolicy';
      if (!asked.fence) return [ok(AREA, `off; ${found}`)];
      return [warn(AREA, found, 'It needs Kubernetes 1.30 or later; start without --fence.')];
    }
    const ours = policies.filter((policy) => isFence(policy) && names(policy, asked.username));
    const bound = bindings.filter((binding) => binds(binding, ours));
    return asked.fence ? whenOn(asked, policies, ours, bound) : whenOff(bound);
  } catch (thrown) {
    if (!(thrown instanceof StratusError) || thrown.code !== 'forbidden') {
      return [failed(AREA, thrown)];
    }
    const found = `${asked.fence ? 'on' : 'off'}; whether the admission policy stands can't be read`;
    const next = `Allow get and list of validatingadmissionpolicies and their bindings (${GROUP}): deploy/observe.yaml has it.`;
    return [asked.fence ? warn(AREA, found, next) : ok(AREA, found)];
  }
}

function whenOff(bound: readonly KubeObject[]): Check[] {
  if (bound.length === 0) return [ok(AREA, 'off, and no admission policy asks for it')];
  const found = `off, but ${nameOf(bound)} binds this identity: every write is refused`;
  return [fail(AREA, found, 'Start with --fence (STRATUS_FENCE=true), or remove the binding.')];
}

function whenOn(
  { username, lease }: FenceQuestion,
  policies: readonly KubeObject[],
  ours: readonly KubeObject[],
  bound: readonly KubeObject[],
): Check[] {
  if (ours.length === 0) {
    const found = policies.some(isFence)
      ? `the admission policy is for another identity than ${username}`
      : 'writes are signed with the epoch, but no admission policy looks at it';
    const next = policies.some(isFence)
      ? `Name ${username} in its matchConditions.`
      : `A process that slept through a takeover is not stopped by the API server. ${INSTALL}`;
    return [warn(AREA, found, next)];
  }
  if (bound.length === 0) {
    const found = `${nameOf(ours)} is not bound with Deny, so it refuses nothing`;
    return [warn(AREA, found, INSTALL)];
  }
  const checks: Check[] = [];
  for (const { metadata, spec } of bound) {
    const to = `${stringOf(at(spec, 'paramRef', 'namespace'))}/${stringOf(at(spec, 'paramRef', 'name'))}`;
    if (to !== lease) {
      const found = `${metadata.name} compares with the Lease ${to}, and writes are made with ${lease}: they are refused`;
      checks.push(fail(AREA, found, 'Name the same Lease in deploy/fence.yaml and in --lease.'));
    }
    if (stringOf(at(spec, 'paramRef', 'parameterNotFoundAction')) === 'Deny') {
      const found = `${metadata.name} has parameterNotFoundAction Deny: without the Lease nobody in the cluster could write anything`;
      checks.push(fail(AREA, found, 'Apply deploy/fence.yaml as it is: it says Allow.'));
    }
  }
  return checks.length > 0 ? checks : [ok(AREA, `on: ${nameOf(bound)} refuses other epochs`)];
}

async function all(reader: ClusterReader, plural: string): Promise<KubeObject[] | undefined> {
  const catalogue = await reader.resources();
  const resource = catalogue.all.find((it) => it.group === GROUP && it.plural === plural);
  if (resource === undefined) return undefined;
  return [...(await reader.listAll({ resource })).items];
}

function isFence({ spec }: KubeObject): boolean {
  return (
    stringOf(at(spec, 'paramKind', 'kind')) === 'Lease' &&
    stringOf(at(spec, 'paramKind', 'apiVersion'))?.startsWith('coordination.k8s.io/') === true
  );
}

/** Its match conditions are CEL; an identity stands in them as a string. */
function names({ spec }: KubeObject, username: string): boolean {
  return objectsOf(at(spec, 'matchConditions')).some(({ expression }) => {
    const text = stringOf(expression) ?? '';
    return text.includes(`"${username}"`) || text.includes(`'${username}'`);
  });
}

function binds({ spec }: KubeObject, policies: readonly KubeObject[]): boolean {
  const denies = arrayOf(at(spec, 'validationActions')).includes('Deny');
  const policy = stringOf(at(spec, 'policyName'));
  return denies && policies.some(({ metadata }) => metadata.name === policy);
}

const nameOf = (objects: readonly KubeObject[]): string =>
  objects.map(({ metadata }) => metadata.name).join(', ');
