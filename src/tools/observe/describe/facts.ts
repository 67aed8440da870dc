import { at, type JsonObject, objectOf, objectsOf, stringOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import { redactText } from '../../../core/redact.ts';
import type { RedactionRules } from '../../../core/redact-text.ts';
import { compact } from '../../render/manifest.ts';
import { ageText } from '../../render/time.ts';
import { shortText } from '../../render/untrusted.ts';
import { containerTroubles } from '../state.ts';

/** The status conditions, those that say something is wrong first. */
export function conditionsOf(object: KubeObject, now: number, rules: RedactionRules): JsonObject[] {
  return objectsOf(at(object, 'status', 'conditions'))
    .map((condition) =>
      compact({
        type: condition.type,
        status: condition.status,
        reason: condition.reason,
        message: shortText(redactText(stringOf(condition.message) ?? '', rules)),
        since: ageText(stringOf(condition.lastTransitionTime), now),
      }),
    )
    .sort((a, b) => Number(isGood(a)) - Number(isGood(b)));
}

const BAD_WHEN_TRUE =
  /pressure|fail|stalled|degraded|unavailable|terminating|suspended|limited|remaining/i;

/** Whether a condition says that all is well; some types are bad news when true. */
export function isGood(condition: JsonObject): boolean {
  const bad = BAD_WHEN_TRUE.test(stringOf(condition.type) ?? '');
  return (condition.status === 'True') !== bad;
}

/** The containers of a pod (or of a template) in a line each. */
export function containersOf(object: KubeObject, rules: RedactionRules): JsonObject[] {
  const template =
    at(object, 'spec', 'template', 'spec') ??
    at(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec');
  const spec = objectOf(template ?? object.spec);
  const troubles = object.kind === 'Pod' ? containerTroubles(object) : [];
  return [
    ...objectsOf(spec.initContainers).map((it) => ({ it, init: true })),
    ...objectsOf(spec.containers).map((it) => ({ it, init: false })),
  ].map(({ it, init }) => {
    const trouble = troubles.find(({ container }) => container === it.name);
    const resources = objectOf(it.resources);
    const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'].filter((probe) => it[probe]);
    return compact({
      name: it.name,
      ...(init ? { init: true } : {}),
      image: shortText(stringOf(it.image) ?? '', 200),
      state: trouble?.reason,
      message: trouble && redactText(trouble.message, rules),
      last: object.kind === 'Pod' ? lastEnd(object, stringOf(it.name) ?? '') : undefined,
      ports: objectsOf(it.ports).map(({ containerPort }) => containerPort ?? null),
      requests: objectOf(resources.requests),
      limits: objectOf(resources.limits),
      probes: probes.map((probe) => probe.replace('Probe', '')),
    });
  });
}

/** How the container's run before ended: `OOMKilled (exit code 137)`. */
function lastEnd(pod: KubeObject, container: string): string | undefined {
  const statuses = [
    ...objectsOf(at(pod, 'status', 'initContainerStatuses')),
    ...objectsOf(at(pod, 'status', 'containerStatuses')),
  ];
  const ended = at(
    statuses.find((status) => status.name === container),
    'lastState',
    'terminated',
  );
  if (ended === undefined) return undefined;
  return `${stringOf(at(ended, 'reason')) ?? 'ended'} (exit code ${at(ended, 'exitCode')})`;
}

/** Names and sizes of what a Secret or a ConfigMap holds, never the values of a Secret. */
export function keysOf(object: KubeObject): JsonObject {
  if (object.kind !== 'Secret' && object.kind !== 'ConfigMap') return {};
  const size = (value: unknown, encoded: boolean) =>
    Buffer.byteLength(String(value), encoded ? 'base64' : 'utf8');
  const secret = object.kind === 'Secret';
  return Object.fromEntries([
    ...Object.entries(objectOf(object.data)).map(([key, it]) => [key, `${size(it, secret)} bytes`]),
    ...Object.entries(objectOf(object.binaryData)).map(([key, it]) => [
      key,
      `${size(it, true)} bytes`,
    ]),
  ]);
}
