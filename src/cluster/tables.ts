import { arrayOf, numberOf, objectOf, objectsOf, stringOf } from '../core/json.ts';
import type { ClusterConnection } from './connect.ts';
import { answered, unintelligible } from './failures.ts';
import { pageFacts, pagePath } from './lists.ts';
import { jsonIn } from './status.ts';
import { read } from './transport.ts';
import type { CallOptions, ListQuery, TablePage } from './types.ts';

const ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** The server's own columns, each row with its object's metadata. */
export async function table(
  connection: ClusterConnection,
  query: ListQuery,
  options?: CallOptions,
): Promise<TablePage> {
  const path = `${pagePath(query)}&includeObject=Metadata`;
  const request = read(connection, path, ACCEPT, options);
  const { bytes } = await answered(connection, request, 'unknown_resource');
  const body = objectOf(jsonIn(bytes));
  if (body.kind !== 'Table') throw unintelligible(connection, 'a table');
  return {
    columns: objectsOf(body.columnDefinitions).map((column) => ({
      name: stringOf(column.name) ?? '',
      type: stringOf(column.type) ?? 'string',
      priority: numberOf(column.priority) ?? 0,
    })),
    rows: objectsOf(body.rows).map((row) => {
      const metadata = objectOf(objectOf(row.object).metadata);
      const namespace = stringOf(metadata.namespace);
      return {
        cells: arrayOf(row.cells),
        name: stringOf(metadata.name) ?? '',
        ...(namespace === undefined ? {} : { namespace }),
        metadata,
      };
    }),
    ...pageFacts(body),
  };
}
