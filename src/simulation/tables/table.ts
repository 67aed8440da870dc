import { type Json, type JsonObject, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { KindDefinition } from '../kinds.ts';
import { COLUMNS, type Column, column, NAME } from './columns.ts';
import { ageOf } from './text.ts';

/** A page of objects as the server's own table: what kubectl get prints. */
export function tableOf(
  kind: KindDefinition,
  items: readonly KubeObject[],
  metadata: JsonObject,
  include: string,
  now: number,
): JsonObject {
  const columns = COLUMNS[kind.kind] ?? DEFAULT;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type, priority }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority,
    })),
    rows: items.map((object) => ({
      cells: columns.map((it): Json => it.cell(object, now)),
      ...(include === 'None' ? {} : { object: included(object, include) }),
    })),
  };
}

const DEFAULT: readonly Column[] = [
  NAME,
  column('Age', (object, now) => ageOf(object.metadata.creationTimestamp, now)),
];

function included(object: KubeObject, include: string): JsonObject {
  if (include === 'Object') return object;
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: objectOf(object.metadata),
  };
}
