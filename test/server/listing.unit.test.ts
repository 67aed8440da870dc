import { expect, test } from 'vitest';
import { INSTRUCTIONS } from '../../src/server/instructions.ts';
import { connect } from './support.ts';

const LONGEST_TEXT = 2048;
const TOKENS = 12_000;

test('tools/list is sorted, complete and affordable', async () => {
  const { client } = await connect();
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  expect(names).toEqual([...names].sort());
  expect(names).toEqual(
    expect.arrayContaining([
      'audit_query',
      'mitigate_apply',
      'mitigate_delete',
      'mitigate_patch',
      'mitigate_rollout',
      'mitigate_scale',
      'mitigate_set_container',
      'mitigate_set_metadata',
      'observe_health',
      'transaction_abort',
      'transaction_begin',
      'transaction_commit',
      'transaction_status',
      'undo_last',
      'undo_transaction',
    ]),
  );
  expect(JSON.stringify(tools).length / 4).toBeLessThan(TOKENS);

  for (const tool of tools) {
    const { name, title, description = '', inputSchema, outputSchema, annotations } = tool;
    expect(title, name).toBeTruthy();
    expect(description.length, name).toBeLessThanOrEqual(LONGEST_TEXT);
    expect(description, `${name}: the first sentence says when to use it`).toMatch(/^Use /);
    expect(inputSchema, name).toMatchObject({ type: 'object', additionalProperties: false });
    expect(Object.keys(inputSchema.properties ?? {}), name).not.toEqual([]);
    expect(outputSchema, name).toMatchObject({
      type: 'object',
      properties: { summary: { type: 'string' } },
    });
    expect(outputSchema?.additionalProperties, name).not.toBe(false);
    expect(annotations, name).toEqual({
      readOnlyHint: /^(observe|audit)_|_status$/.test(name),
      destructiveHint: /^(mitigate|undo)_|_abort$/.test(name),
      idempotentHint: !/^mitigate_|_begin$|_commit$|_open$|_update$/.test(name),
      openWorldHint: false,
    });
  }
});

test('no schema has a list of types, which some models can not be given', async () => {
  const { client } = await connect();
  const { tools } = await client.listTools();
  for (const { name, inputSchema } of tools) {
    expect(JSON.stringify(inputSchema), name).not.toContain('"type":[');
  }
});

test('what the model is told first fits into what clients show', async () => {
  const { client } = await connect();
  expect(client.getInstructions()).toBe(INSTRUCTIONS);
  expect(INSTRUCTIONS.length).toBeLessThanOrEqual(LONGEST_TEXT);
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  for (const [name] of INSTRUCTIONS.matchAll(
    /\b(observe|mitigate|transaction|undo|audit|incident)_[a-z_]*[a-z]/g,
  )) {
    expect(names).toContain(name);
  }
});

test('--read-only and a read-only policy offer nothing that changes', async () => {
  for (const args of [['--read-only'], ['--policy', 'read-only']]) {
    const { client } = await connect({ args });
    const { tools } = await client.listTools();
    expect(tools.length).toBeGreaterThan(5);
    expect(tools.filter(({ annotations }) => !annotations?.readOnlyHint)).toEqual([]);
  }
});
