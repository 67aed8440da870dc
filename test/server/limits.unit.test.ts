import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limitLines } from '../../src/server/line-limit.ts';
import { connect } from './support.ts';

const nested = (levels: number): unknown =>
  Array.from({ length: levels }).reduce((inner) => ({ a: inner }), 1);

const change = (patch: unknown) => ({
  kind: 'ConfigMap',
  name: 'app',
  namespace: 'shop',
  reason: 'test',
  patch,
});

test('arguments of any size or depth get a clear error, a short row, and the next call works', async () => {
  const { call, client, audit } = await connect({ args: ['--policy', 'autonomous'] });
  const large = await call('mitigate_patch', change({ data: { x: 'y'.repeat(5_000_000) } }));
  expect(large.text).toContain('The arguments are larger than 1.5 MB. [invalid_arguments]');
  const many = await call('mitigate_patch', change({ data: Array(2_000_000).fill(0) }));
  expect(many.text).toContain('The arguments are larger than 1.5 MB. [invalid_arguments]');
  for (const levels of [64, 2_000]) {
    const deep = await call('mitigate_patch', change(nested(levels)));
    expect(deep.text).toContain('nested deeper than 64 levels. [invalid_arguments]');
  }
  for (const manifest of [
    `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    `a: ${'{a: '.repeat(3_000)}1${'}'.repeat(3_000)}`,
    `a: &a [x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c]\ne: [*d,*d,*d,*d]`,
    `${'- '.repeat(5_000)}x`,
  ]) {
    const bomb = await call('mitigate_apply', { manifest, reason: 'test' });
    expect(bomb.text, manifest.slice(0, 20)).toContain('[invalid_manifest]');
    expect(bomb.text).not.toMatch(/stack size/i);
  }
  const patient = { timeout: 20_000 };
  for (const bytes of [9_000_000, 12_000_000, 40_000_000]) {
    await expect(
      client.callTool(
        { name: 'observe_health', arguments: { x: 'y'.repeat(bytes) } },
        undefined,
        patient,
      ),
    ).rejects.toThrow(/The message has \d+ bytes and was not read/);
  }
  expect((await call('audit_query')).payload.summary).toMatch(/rows/);
  for (const row of audit()) expect(JSON.stringify(row).length).toBeLessThan(60_000);
  expect(audit()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ tool: 'unread message', outcome: 'refused' }),
    ]),
  );
});

async function through(chunks: readonly Buffer[], longest: number) {
  const refused: { bytes: number; id: unknown }[] = [];
  const lines = limitLines((bytes, id) => refused.push({ bytes, id }), longest);
  const out: Buffer[] = [];
  for await (const chunk of Readable.from(chunks).pipe(lines)) out.push(chunk as Buffer);
  return { text: Buffer.concat(out).toString(), refused };
}

test('however the bytes arrive, short lines pass unchanged and long ones are told with their id', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ id: fc.nat(), padding: fc.nat(120), last: fc.boolean() }), {
        maxLength: 12,
      }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
      async (messages, sizes) => {
        const lines = messages.map(({ id, padding, last }) => {
          const params = { x: 'y'.repeat(padding) };
          const message = last
            ? { method: 'm', params, jsonrpc: '2.0', id }
            : { jsonrpc: '2.0', id, method: 'm', params };
          return `${JSON.stringify(message)}\n`;
        });
        const all = Buffer.from(lines.join(''));
        const chunks: Buffer[] = [];
        for (let from = 0, i = 0; from < all.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(all.subarray(from, from + size));
          from += size;
        }
        const { text, refused } = await through(chunks, 100);
        expect(text).toBe(lines.filter((line) => line.length <= 100).join(''));
        expect(refused).toEqual(
          lines.flatMap((line, i) =>
            line.length > 100 ? [{ bytes: line.length, id: messages[i]?.id }] : [],
          ),
        );
      },
    ),
  );
});
