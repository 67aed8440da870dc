import { at, type Json, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { badRequest } from '../api/error.ts';
import type { KindDefinition } from '../kinds.ts';
import { parseLabelSelector } from '../rules/selector.ts';

export type Test = (object: KubeObject) => boolean;

/** Field selectors that a kind knows, besides name and namespace. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  Node: ['spec.unschedulable'],
  Namespace: ['status.phase'],
  Secret: ['type'],
  ReplicaSet: ['status.replicas'],
  Job: ['status.successful'],
  Service: ['spec.clusterIP', 'spec.type'],
};

/** The test of a request's label and field selectors. @throws ApiError 400. */
export function testOf(kind: KindDefinition, query: URLSearchParams): Test {
  const labelText = query.get('labelSelector') ?? '';
  const labels = parseLabelSelector(labelText);
  if (labels === undefined) {
    throw badRequest(`unable to parse requirement: found '${labelText}'`);
  }
  const fields = fieldTests(kind, query.get('fieldSelector') ?? '', labelText);
  return (object) =>
    labels(objectOf(object.metadata.labels)) && fields.every((test) => test(object));
}

function fieldTests(kind: KindDefinition, text: string, labelText: string): Test[] {
  if (text === '') return [];
  return text.split(',').map((term) => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator = '', value = ''] = match;
    const known =
      field === 'metadata.name' ||
      (field === 'metadata.namespace' && kind.namespaced) ||
      FIELDS[kind.kind]?.includes(field);
    if (!known) {
      const what = `${kind.group}/${kind.version}, Resource=${kind.plural}`;
      throw badRequest(
        `Unable to find "${what}" that match label selector "${labelText}", field selector "${text}": field label not supported: ${field}`,
      );
    }
    return (object) => (textAt(object, field) === value) === (operator !== '!=');
  });
}

function textAt(object: KubeObject, field: string): string {
  const value: Json | undefined =
    field === 'source' ? at(object, 'source', 'component') : at(object, ...field.split('.'));
  if (value === undefined || value === null) {
    return field === 'spec.unschedulable' || field === 'spec.hostNetwork' ? 'false' : '';
  }
  return String(value);
}
