import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openIncident } from '../../src/agents/open-incident.ts';
import { recordHypothesis } from '../../src/agents/record-hypothesis.ts';
import { writingJournal } from '../journal/support.ts';
import { app } from '../severity/objects.ts';
import { BY, openDesk } from './desk.ts';

test('what an assistant pasted as evidence is kept without its secrets', async () => {
  const { journal, path } = writingJournal();
  const desk = openDesk(journal, { objects: [], unknowns: [] });
  const secret = 'hunter2-correct-horse';
  const title = `login fails with password=${secret}`;
  const { id } = await openIncident(desk, { title, namespaces: ['shop'], cluster: 'here' }, BY);
  const evidence = [`log: postgres://app:${secret}@db:5432/shop refused`];
  recordHypothesis(desk, id, { cause: `DB_PASSWORD=${secret} is stale`, evidence }, BY);
  expect(
    JSON.stringify([journal.incidents.get(id), journal.incidents.hypotheses(id)]),
  ).not.toContain(secret);
  const files = [path, `${path}-wal`].map((file) => readFileSync(file, 'latin1')).join('');
  expect(files).toContain('login fails with');
  expect(files).not.toContain(secret);
});

test('what fires is kept without the secrets that its message holds', async () => {
  const { journal, path } = writingJournal();
  const secret = 'hunter2-correct-horse';
  const message = `failed to pull "https://robot:${secret}@registry.example.com/web:1": ${'x'.repeat(300)}`;
  const container = { state: { waiting: { reason: 'ErrImagePull', message } }, ready: false };
  const objects = app('web', { container });
  const desk = openDesk(journal, { objects, unknowns: [] });
  const request = { title: 'web is down', namespaces: ['shop'], cluster: 'here' };
  const { own } = await openIncident(desk, request, BY);
  expect(JSON.stringify(own)).toContain('registry.example.com');
  expect(JSON.stringify(own)).not.toContain(secret);
  const files = [path, `${path}-wal`].map((file) => readFileSync(file, 'latin1')).join('');
  expect(files).not.toContain(secret);
});
