import type { JsonObject } from '../../../src/core/json.ts';
import { rightArguments } from '../../tools/right-arguments.ts';
import { argumentsOf, refOf } from '../../undo/law-calls.ts';
import { KIND_NAMES } from '../../undo/law-kinds.ts';
import type { Row } from '../../undo/law-matrix.ts';
import type { PlanCall } from './hostile.ts';

/** A plan of a row of the matrix. */
export interface Planned extends PlanCall {
  readonly kind: string;
  /** False: the tool refuses it, planned or not. */
  readonly can: boolean;
}

const PLAN = { reason: 'what would it do?', dry_run: true };

/** The row's call of every kind it has words for. */
export function plansOf(row: Row, namespace: string): Planned[] {
  return KIND_NAMES.flatMap((kind) => {
    const cell = row.cells[kind];
    if ('none' in cell) return [];
    const args = { ...argumentsOf(namespace, row, kind, cell), ...PLAN };
    return [{ tool: row.tool, kind, args, can: 'does' in cell }];
  });
}

/** The plans as commands of one batch. */
export function batchOf(plans: readonly Planned[]): PlanCall {
  const commands = plans.map(({ tool, args }) => {
    const { reason: _reason, dry_run: _planned, ...own } = args;
    return { tool, arguments: own };
  });
  return { tool: 'mitigate_batch', args: { commands, ...PLAN } };
}

/** Tools that have no plan because they change nothing in the cluster, over every kind they take. */
export function readsOf(tool: string, namespace: string): PlanCall[] {
  const right = rightArguments(tool, namespace);
  if (right === undefined) throw new Error(`${tool} is missing in right-arguments.ts`);
  if (!('kind' in right) || tool === 'observe_rollout') return [{ tool, args: right }];
  return [
    { tool, args: right },
    ...KIND_NAMES.map((kind) => ({ tool, args: about(right, namespace, kind) })),
  ];
}

function about(
  right: JsonObject,
  namespace: string,
  kind: (typeof KIND_NAMES)[number],
): JsonObject {
  const { namespace: _, name: hadName, ...rest } = right;
  const ref = refOf(namespace, kind);
  return {
    ...rest,
    kind,
    ...(hadName === undefined ? {} : { name: ref.name }),
    ...(ref.namespace === undefined ? {} : { namespace }),
  };
}
