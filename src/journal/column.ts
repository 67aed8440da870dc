import type Sqlite from 'better-sqlite3';
import { type Json, parseJson, stringifyJson } from '../core/json.ts';

/** Where a field of a row lives, and how. */
export interface Column {
  readonly name: string;
  readonly json?: true;
  /** Wall milliseconds: stored as an integer. */
  readonly time?: true;
}

/** The columns of a table, by field. */
export type Columns<Field extends string> = { readonly [field in Field]: Column };

/** A record as SQLite gives it. */
export type Stored = Record<string, string | number | null>;

export const column = (name: string): Column => ({ name });
export const json = (name: string): Column => ({ name, json: true });
export const time = (name: string): Column => ({ name, time: true });

/** Turns fields of a row into values by column name; fields that are `undefined` are left out. */
export function toStored<Field extends string>(
  columns: Columns<Field>,
  fields: Partial<Record<Field, unknown>>,
): Stored {
  const stored: Stored = {};
  for (const field in columns) {
    const value = fields[field];
    if (value === undefined) continue;
    const { name, json: asJson, time: asTime } = columns[field];
    if (value === null) stored[name] = null;
    else if (asJson) stored[name] = stringifyJson(value as Json);
    else stored[name] = asTime ? Math.round(Number(value)) : (value as string | number);
  }
  return stored;
}

/** The counterpart of {@link toStored}: what was written through the columns is what comes back. */
export function fromStored<Row, Field extends keyof Row & string = keyof Row & string>(
  columns: Columns<Field>,
  stored: Stored,
): Row {
  const row: Record<string, unknown> = {};
  for (const field in columns) {
    const { name, json: asJson } = columns[field];
    const value = stored[name] ?? null;
    if (!asJson || typeof value !== 'string') row[field] = value;
    else row[field] = value === '[]' ? [] : parseJson(value);
  }
  return row as Row;
}

/** `a = @a, b = @b` for an UPDATE. */
export function assignments(stored: Stored): string {
  return Object.keys(stored)
    .map((name) => `${name} = @${name}`)
    .join(', ');
}

/** An INSERT that happens only where `guard` holds. */
export function insertion(table: string, stored: Stored, guard = 'true'): string {
  const names = Object.keys(stored);
  const values = names.map((name) => `@${name}`).join(', ');
  return `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values} WHERE ${guard}`;
}

/** The newest rows of a table whose column has one of these values (any, where absent), and how many there are. */
export function newest(
  sql: Sqlite.Database,
  table: string,
  {
    column: name,
    values,
  }: { readonly column: string; readonly values?: readonly string[] | undefined },
  { limit, offset = 0 }: { readonly limit: number; readonly offset?: number | undefined },
): { rows: Stored[]; total: number } {
  const chosen = values === undefined ? {} : { values: JSON.stringify(values) };
  const where =
    values === undefined ? '' : `WHERE ${name} IN (SELECT value FROM json_each(@values))`;
  const count = sql
    .prepare<object, { total: number }>(`SELECT count(*) AS total FROM ${table} ${where}`)
    .get(chosen);
  const rows = sql
    .prepare<object, Stored>(
      `SELECT * FROM ${table} ${where} ORDER BY id DESC LIMIT @limit OFFSET @offset`,
    )
    .all({ ...chosen, limit, offset });
  return { rows, total: count?.total ?? 0 };
}
