import type { JsonObject } from '../../../src/core/json.ts';
import { CLUSTER_WIDE } from './cluster-wide.ts';
import { NAMESPACED } from './namespaced.ts';
import type { KindSample, MatrixCase } from './types.ts';

/** The sample of a kind. */
export function of(kind: string): KindSample {
  const found = [...NAMESPACED, ...CLUSTER_WIDE].find((sample) => sample.kind === kind);
  if (found === undefined) throw new Error(`No sample of a ${kind}.`);
  return found;
}

export const spec = (fields: JsonObject): JsonObject => ({ spec: fields });

/** The sample of a kind with some of its spec changed. */
export function withSpec(kind: string, fields: JsonObject): KindSample {
  const { manifest, ...rest } = of(kind);
  const made = (name: string): JsonObject => {
    const object = manifest(name);
    return { ...object, spec: { ...(object.spec as JsonObject), ...fields } };
  };
  return { ...rest, manifest: made };
}

/** The same with some of its metadata. */
export function withMetadata(kind: string, metadata: JsonObject): KindSample {
  const { manifest, ...rest } = of(kind);
  const made = (name: string): JsonObject => {
    const object = manifest(name);
    return { ...object, metadata: { ...(object.metadata as JsonObject), ...metadata } };
  };
  return { ...rest, manifest: made };
}

export function update(what: string, given: Omit<MatrixCase, 'verb' | 'name'>): MatrixCase {
  return { name: `update ${given.sample.kind}: ${what}`, verb: 'update', ...given };
}
