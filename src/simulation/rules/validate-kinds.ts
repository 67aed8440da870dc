import {
  arrayOf,
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import { parseQuantity } from '../../core/quantity.ts';
import type { Cause } from '../api/error.ts';
import { duplicate, forbiddenField, missingField, wrong } from './causes.ts';
import { matchesSelector } from './selector.ts';
import { labelProblems } from './validate-metadata.ts';

type Rule = (object: JsonObject, spec: JsonObject) => Cause[];

/** What of a kind's own rules an object breaks. */
export function kindProblems(kind: string, object: JsonObject): Cause[] {
  return RULES[kind]?.(object, objectOf(object.spec)) ?? [];
}

const replicas: Rule = (_object, spec) => {
  const value = numberOf(spec.replicas) ?? 0;
  return value < 0 ? [wrong('spec.replicas', value, 'must be greater than or equal to 0')] : [];
};

/** A workload's selector has to find the pods of its template. */
const workload: Rule = (_object, spec) => {
  const causes: Cause[] = [];
  const selector = isObject(spec.selector) ? spec.selector : undefined;
  const template = objectOf(spec.template);
  const labels = objectOf(objectOf(template.metadata).labels);
  if (selector !== undefined) {
    if (!selector.matchLabels && !selector.matchExpressions) {
      causes.push(wrong('spec.selector', {}, 'empty selector is invalid for deployment'));
    } else if (!matchesSelector(selector, labels)) {
      causes.push(
        wrong(
          'spec.template.metadata.labels',
          labels,
          '`selector` does not match template `labels`',
        ),
      );
    }
  }
  causes.push(...labelProblems(labels, 'spec.template.metadata.labels'));
  const pod = objectOf(template.spec);
  causes.push(...podProblems(pod, 'spec.template.spec'));
  if (pod.restartPolicy !== undefined && pod.restartPolicy !== 'Always') {
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(pod.restartPolicy)}: supported values: "Always"`,
      field: 'spec.template.spec.restartPolicy',
    });
  }
  return causes;
};

function dataKeys(object: JsonObject): Cause[] {
  return ['data', 'binaryData'].flatMap((field) =>
    Object.keys(objectOf(object[field]))
      .filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key))
      .map((key) => {
        const rule =
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
        return wrong(`${field}[${key}]`, key, rule);
      }),
  );
}

const RULES: Readonly<Record<string, Rule>> = {
  Pod: (_object, spec) => podProblems(spec, 'spec'),
  Deployment: (object, spec) => {
    const causes = [...replicas(object, spec), ...workload(object, spec)];
    const strategy = objectOf(spec.strategy);
    const rolling = objectOf(strategy.rollingUpdate);
    if (strategy.type === 'Recreate' && strategy.rollingUpdate !== undefined) {
      causes.push(
        forbiddenField(
          'spec.strategy.rollingUpdate',
          "may not be specified when strategy `type` is 'Recreate'",
        ),
      );
    }
    const isZero = (value: JsonObject[string]) => value === 0 || value === '0%';
    if (isZero(rolling.maxUnavailable) && isZero(rolling.maxSurge)) {
      const why = 'may not be 0 when `maxSurge` is 0';
      const value = rolling.maxUnavailable ?? 0;
      causes.push(wrong('spec.strategy.rollingUpdate.maxUnavailable', value, why));
    }
    const deadline = numberOf(spec.progressDeadlineSeconds);
    if (deadline !== undefined && deadline <= (numberOf(spec.minReadySeconds) ?? 0)) {
      const why = 'must be greater than minReadySeconds';
      causes.push(wrong('spec.progressDeadlineSeconds', deadline, why));
    }
    return causes;
  },
  ReplicaSet: (object, spec) => [...replicas(object, spec), ...workload(object, spec)],
  StatefulSet: (object, spec) => [...replicas(object, spec), ...workload(object, spec)],
  DaemonSet: workload,
  Job: (_object, spec) => {
    const pod = objectOf(objectOf(spec.template).spec);
    const causes = podProblems(pod, 'spec.template.spec');
    if (pod.restartPolicy === undefined || pod.restartPolicy === 'Always') {
      causes.push({
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(pod.restartPolicy ?? '')}: supported values: "OnFailure", "Never"`,
        field: 'spec.template.spec.restartPolicy',
      });
    }
    return causes;
  },
  Service: (_object, spec) => {
    const ports = objectsOf(spec.ports);
    const causes: Cause[] = [];
    if (ports.length === 0 && spec.type !== 'ExternalName' && spec.clusterIP !== 'None') {
      causes.push(missingField('spec.ports'));
    }
    for (const [at, port] of ports.entries()) {
      causes.push(...portProblems(port.port, `spec.ports[${at}].port`));
      if (typeof port.targetPort === 'number') {
        causes.push(...portProblems(port.targetPort, `spec.ports[${at}].targetPort`));
      }
      if (ports.length > 1 && !port.name) causes.push(missingField(`spec.ports[${at}].name`));
    }
    return causes;
  },
  ConfigMap: dataKeys,
  Secret: dataKeys,
  PodDisruptionBudget: (_object, spec) =>
    spec.minAvailable !== undefined && spec.maxUnavailable !== undefined
      ? [wrong('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
      : [],
};

function portProblems(value: JsonObject[string], field: string): Cause[] {
  const port = numberOf(value);
  if (port === undefined || (port >= 1 && port <= 65_535)) return [];
  return [wrong(field, port, 'must be between 1 and 65535, inclusive')];
}

function podProblems(spec: JsonObject, path: string): Cause[] {
  const causes: Cause[] = [];
  const volumes = new Set(objectsOf(spec.volumes).map((it) => stringOf(it.name)));
  const names = new Set<string>();
  for (const list of ['initContainers', 'containers']) {
    for (const [at, container] of objectsOf(spec[list]).entries()) {
      const here = `${path}.${list}[${at}]`;
      const name = stringOf(container.name) ?? '';
      if (name !== '' && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
        causes.push(
          wrong(
            `${here}.name`,
            name,
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
          ),
        );
      }
      if (names.has(name)) causes.push(duplicate(`${here}.name`, name));
      names.add(name);
      if (!container.image) causes.push(missingField(`${here}.image`));
      for (const [port, it] of objectsOf(container.ports).entries()) {
        causes.push(...portProblems(it.containerPort, `${here}.ports[${port}].containerPort`));
        if (it.hostPort !== undefined) {
          causes.push(...portProblems(it.hostPort, `${here}.ports[${port}].hostPort`));
        }
      }
      for (const [mount, it] of objectsOf(container.volumeMounts).entries()) {
        if (volumes.has(stringOf(it.name))) continue;
        causes.push({
          reason: 'FieldValueNotFound',
          message: `Not found: ${JSON.stringify(it.name)}`,
          field: `${here}.volumeMounts[${mount}].name`,
        });
      }
      causes.push(...resourceProblems(objectOf(container.resources), `${here}.resources`));
      causes.push(...envProblems(container, here));
    }
  }
  return causes;
}

function envProblems(container: JsonObject, path: string): Cause[] {
  return objectsOf(container.env).flatMap((it, at) => {
    const field = `${path}.env[${at}]`;
    if (it.valueFrom !== undefined && it.value) {
      return [wrong(`${field}.valueFrom`, '', 'may not be specified when `value` is not empty')];
    }
    return [];
  });
}

function resourceProblems(resources: JsonObject, path: string): Cause[] {
  const limits = objectOf(resources.limits);
  return Object.entries(objectOf(resources.requests)).flatMap(([name, request]) => {
    const limit = limits[name];
    if (limit === undefined || request === undefined) return [];
    const [wanted, most] = [parseQuantity(String(request)), parseQuantity(String(limit))];
    if (wanted === undefined || most === undefined || wanted <= most) return [];
    const why = `must be less than or equal to ${name} limit of ${String(limit)}`;
    return [wrong(`${path}.requests`, String(request), why)];
  });
}

/** Whether a list holds a value; used by admission. */
export function includes(list: JsonObject[string], value: string): boolean {
  return arrayOf(list).includes(value);
}
