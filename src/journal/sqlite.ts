import Sqlite from 'better-sqlite3';

/** Everything native that was ever made here, for the life of the process. */
const kept = new Set<object>();

/**
 * Opens a SQLite connection whose native objects are never left to the garbage collector: from 24.19 on Node aborts
 * when it finalises an `ObjectWrap` of better-sqlite3 12 while no JavaScript runs (`RemoveEnvironmentCleanupHook`,
 * "Assertion failed: (env) != nullptr"), and version 13 doesn't run on Node 20. So statements are prepared once for
 * each text and kept, and connections too. There are few of either; `iterate` makes one each time and isn't used.
 */
export function openSqlite(path: string, options: Sqlite.Options = {}): Sqlite.Database {
  const sql = new Sqlite(path, options);
  const prepare = sql.prepare.bind(sql);
  const prepared = new Map<string, Sqlite.Statement>();
  const once = (key: string, source: string, plucked: boolean) => {
    const known = prepared.get(key);
    if (known !== undefined) return known;
    const statement = prepare(source);
    if (plucked) statement.pluck();
    prepared.set(key, statement);
    kept.add(statement);
    return statement;
  };
  kept.add(sql);
  return Object.assign(sql, {
    prepare: (source: string) => once(source, source, false),
    // The package's own makes a statement for each call.
    pragma: (source: string, { simple = false }: Sqlite.PragmaOptions = {}) => {
      const statement = once(`${simple} PRAGMA ${source}`, `PRAGMA ${source}`, simple);
      return simple ? statement.get() : statement.reader ? statement.all() : statement.run();
    },
  }) as Sqlite.Database;
}
