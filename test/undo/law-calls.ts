import { isObject, type JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { type KindName, LAW_KINDS } from './law-kinds.ts';
import { type Cell, nameOf, type Row } from './law-matrix.ts';

/** The object of that kind that the calls are about. */
export function refOf(namespace: string, kind: KindName, name = nameOf(kind)): ObjectRef {
  const { apiVersion, clusterScoped } = LAW_KINDS[kind];
  return { apiVersion, kind, name, ...(clusterScoped ? {} : { namespace }) };
}

const NODE_TOOLS = ['mitigate_node', 'mitigate_drain'];

/** The whole arguments of a call of the matrix, but for the reason. */
export function argumentsOf(
  namespace: string,
  row: Row,
  kind: KindName,
  cell: Exclude<Cell, { none: string }>,
): JsonObject {
  const { args } = cell;
  if (row.tool === 'mitigate_apply') {
    return { ...args, manifest: placed(namespace, args.manifest) };
  }
  const { apiVersion, name } = refOf(namespace, kind);
  if (NODE_TOOLS.includes(row.tool)) return { ...args, name };
  if (row.tool === 'mitigate_set_service') return { ...args, name, namespace };
  const words = { kind: `${apiVersion} ${kind}`, name, namespace };
  const { namespace: _, ...unplaced } = words;
  const takesNone = ['mitigate_patch', 'mitigate_delete', 'mitigate_set_metadata'];
  return { ...args, ...(kind === 'Node' && takesNone.includes(row.tool) ? unplaced : words) };
}

function placed(namespace: string, manifest: JsonObject[string]): JsonObject {
  if (!isObject(manifest) || manifest.kind === 'Node') return manifest as JsonObject;
  return { ...manifest, metadata: { ...(manifest.metadata as JsonObject), namespace } };
}
