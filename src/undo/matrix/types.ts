import { at, equalJson, numberOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { ReversibilityClass } from '../../journal/types.ts';

/** An update as the dry run shows it. */
export interface Update {
  readonly before: KubeObject;
  readonly after: KubeObject;
}

/** Built-in kinds by `groupKind`, every kind, or kinds that a definition in the cluster adds. */
export type Kinds = readonly string[] | 'every kind' | 'custom resources';

/** What all rows have. */
interface Row {
  /** Names the row in tests and campaigns. */
  readonly id: string;
  readonly kinds: Kinds;
  /** Which of these writes it speaks of, for a reader. */
  readonly what: string;
  readonly class: ReversibilityClass;
  /** The way back, one sentence; of an irreversible write why there is none, without a full stop. `{kind}` and
   * `{replicas}` (of before) are filled in. */
  readonly undo: string;
  /** What is compared after the undo before it counts as one. */
  readonly verified: string;
}

export interface UpdateRow extends Row {
  readonly verb: 'update';
  /** Absent: every update. */
  holds?(update: Update): boolean;
}

export interface CreateRow extends Row {
  readonly verb: 'create';
  /** Absent: every create. `after` is the dry run's result. */
  holds?(after: KubeObject): boolean;
}

export interface RemovalRow extends Row {
  readonly verb: 'delete' | 'evict';
}

export type MatrixRow = UpdateRow | CreateRow | RemovalRow;

/** How an exact undo is verified. */
export const SAME =
  'same uid; byte-equal but for what the server numbers; the same owners of the same fields';
export const REFUSED = 'nothing is written';

export function changed({ before, after }: Update, ...path: string[]): boolean {
  return !equalJson(at(before, ...path), at(after, ...path));
}

/** True when a number became less, or was set where there was none. */
export function lowered({ before, after }: Update, ...path: string[]): boolean {
  const [was, is] = [numberOf(at(before, ...path)), numberOf(at(after, ...path))];
  return is !== undefined && (was === undefined || is < was);
}

/** True when something outside of these fields of the object's spec changed. */
export function changedBeyond({ before, after }: Update, fields: readonly string[]): boolean {
  const names = new Set([...keysOf(before), ...keysOf(after)]);
  return [...names].some(
    (name) => !fields.includes(name) && changed({ before, after }, 'spec', name),
  );
}

function keysOf(object: KubeObject): string[] {
  const { spec } = object;
  return typeof spec === 'object' && spec !== null ? Object.keys(spec) : [];
}
