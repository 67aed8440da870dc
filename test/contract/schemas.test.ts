import { expect, test } from 'vitest';
import { isObject, parseJson } from '../../src/core/json.ts';
import { CORE_TYPES } from '../../src/simulation/schema/core.ts';
import { MORE_TYPES } from '../../src/simulation/schema/more-groups.ts';
import { VOLUME_TYPES } from '../../src/simulation/schema/volumes.ts';
import { WORKLOAD_TYPES } from '../../src/simulation/schema/workloads.ts';
import { useCluster } from '../cluster/index.ts';
import { SCHEMA_ROOTS, schemaLines } from './schema-lines.ts';

const cluster = useCluster();

test('the schemas of the embedded cluster are those of the real one', async () => {
  const known = new Set<string>();
  const real: string[] = [];
  for (const { path, kinds } of SCHEMA_ROOTS) {
    const { text } = await cluster.request('GET', `/openapi/v3/${path}`);
    const document = parseJson(text);
    if (isObject(document)) real.push(...schemaLines(document, kinds, known));
  }
  const ours = [CORE_TYPES, VOLUME_TYPES, WORKLOAD_TYPES, MORE_TYPES].flatMap((text) =>
    text.trim().split('\n'),
  );
  expect([...new Set(ours)].sort()).toEqual([...new Set(real)].sort());
});
