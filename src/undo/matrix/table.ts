import { isBuiltIn } from '../../core/api-groups.ts';
import { at, numberOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Classifiable, Classification } from '../classification.ts';
import { groupKind } from '../group-kind.ts';
import { CREATE_OTHERWISE, CREATE_ROWS } from './creates.ts';
import { DEFINITION_ROWS } from './definitions.ts';
import { EVERY_KIND, OTHERWISE } from './every-kind.ts';
import { FIELD_ROWS } from './fields.ts';
import { RUN_ROWS } from './runs.ts';
import { SNAPSHOT_CREATES } from './snapshots.ts';
import type { CreateRow, MatrixRow, Update, UpdateRow } from './types.ts';
import { WORKLOAD_ROWS } from './workloads.ts';

/** Updates by kind; of all that hold the strictest counts, and of equals the first. */
const UPDATE_ROWS: readonly UpdateRow[] = [
  ...EVERY_KIND,
  ...WORKLOAD_ROWS,
  ...RUN_ROWS,
  ...FIELD_ROWS,
  ...DEFINITION_ROWS,
];

const CREATES: readonly CreateRow[] = [...CREATE_ROWS, ...SNAPSHOT_CREATES];

/** Every row of the matrix for creates and updates, in the order of reading. */
export const WRITE_ROWS: readonly (CreateRow | UpdateRow)[] = [
  ...CREATES,
  ...CREATE_OTHERWISE,
  ...UPDATE_ROWS,
  ...OTHERWISE,
];

/** The row that an update falls under. */
export function rowOfUpdate(write: Classifiable, update: Update): UpdateRow {
  const specific = UPDATE_ROWS.filter((row) => isOf(row, write) && (row.holds?.(update) ?? true));
  return (
    strictest(specific) ??
    first(OTHERWISE, (row) => isOf(row, write) && (row.holds?.(update) ?? true))
  );
}

/** The row that a create falls under. */
export function rowOfCreate(write: Classifiable, after: KubeObject): CreateRow {
  const specific = CREATES.filter((row) => isOf(row, write) && (row.holds?.(after) ?? true));
  return strictest(specific) ?? first(CREATE_OTHERWISE, (row) => isOf(row, write));
}

const STRICTNESS = ['exact', 'compensating', 'irreversible'] as const;

function strictest<T extends MatrixRow>(rows: readonly T[]): T | undefined {
  return rows.toSorted((a, b) => STRICTNESS.indexOf(b.class) - STRICTNESS.indexOf(a.class))[0];
}

function first<T>(rows: readonly T[], holds: (row: T) => boolean): T {
  const found = rows.find(holds);
  if (found === undefined) throw new Error('The last row of a table holds for everything.');
  return found;
}

function isOf({ kinds }: MatrixRow, { apiVersion, kind }: Classifiable): boolean {
  if (kinds === 'every kind') return true;
  if (kinds === 'custom resources') return !isBuiltIn(apiVersion);
  return kinds.includes(groupKind(apiVersion, kind));
}

/** What a row says of one write. */
export function classificationOf(row: MatrixRow, { kind, before }: Classifiable): Classification {
  const replicas = String(numberOf(at(before, 'spec', 'replicas')) ?? 1);
  const undo = row.undo.replaceAll('{kind}', kind).replaceAll('{replicas}', replicas);
  return { class: row.class, undo: row.class === 'irreversible' ? `None: ${undo}.` : undo };
}
