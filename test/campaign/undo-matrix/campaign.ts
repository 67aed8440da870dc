import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { MATRIX } from '../../../src/undo/matrix/matrix.ts';
import type { MatrixRow } from '../../../src/undo/matrix/types.ts';
import { type Assistant, startAssistant } from '../../story/client.ts';
import { WIDGETS } from '../../undo/widget.ts';
import { draw } from '../draw.ts';
import type { Campaign, CampaignReport, CampaignRun } from '../types.ts';
import { CASES } from './cases.ts';
import { Objects, type Twin } from './objects.ts';
import { ours, told } from './ours.ts';
import { findKubectl, reference } from './reference.ts';
import type { MatrixCase, Outcome } from './types.ts';
import { Verdicts } from './verdicts.ts';

const COLUMNS = [
  ...['case', 'row', 'class told', 'undo', 'owners', 'pods', 'history'],
  ...['kubectl apply', 'owners', 'pods', 'history'],
];
const POLICY = fileURLToPath(new URL('./policy.yaml', import.meta.url));

export const undoMatrix: Campaign = {
  name: 'undo-matrix',
  about:
    'Verb × kind: the class told before a write, and what its undo brought back, beside kubectl apply of the saved object.',
  size: {
    unit: 'cases that are carried out; one of each row is planned at least',
    ci: 14,
    full: CASES.length,
  },
  run,
};

async function run(given: CampaignRun): Promise<CampaignReport> {
  const { say, folder } = given;
  const cluster = await given.cluster();
  const objects = new Objects(cluster);
  await cluster.apply(WIDGETS);
  const namespace = await cluster.namespace('undo-matrix');
  const kubectl = findKubectl();
  const assistant = await startAssistant({
    kubeconfig: cluster.kubeconfig(),
    journal: join(folder, 'journal.db'),
    policy: POLICY,
  });
  const verdicts = new Verdicts();
  const rows: (string | number)[][] = [];
  const unserved: string[] = [];
  const notes: string[] = [];
  const named = CASES.filter(
    ({ name }) => given.only.length === 0 || given.only.some((word) => name.includes(word)),
  );
  const acted = chosen(named, given);
  const wanted = named.filter((one) => acted.has(one) || isFirstOfRow(one));
  try {
    for (const [index, one] of wanted.entries()) {
      if (!(await objects.isServed(one.sample))) {
        unserved.push(one.name);
        continue;
      }
      const bench: Bench = { objects, assistant, verdicts, namespace, kubectl, folder };
      const acts = acted.has(one);
      if (acts) say(`${index + 1}/${wanted.length} ${one.name}`);
      try {
        const row = await carryOut(bench, one, `m${index}`, acts);
        if (row !== undefined) rows.push(row);
        verdicts.ran(one);
      } catch (error) {
        verdicts.failed(one, error);
      }
    }
  } finally {
    await assistant.close();
  }
  if (given.only.length === 0) {
    const served = wanted.filter(({ name }) => !unserved.includes(name));
    verdicts.rows(REACHABLE, new Set(served.map(({ row }) => row)));
  }
  if (kubectl === undefined) notes.push('The reference was not measured: there is no kubectl.');
  if (unserved.length > 0) notes.push(`Not served by this API server: ${unserved.join(', ')}.`);
  notes.push(
    'The reference: the same change on a twin, undone by kubectl apply of the object as it was saved (Deployment: Recreate first, empty ReplicaSets deleted). Its last-applied annotation is not held against it.',
  );
  return { columns: COLUMNS, rows, totals: totalsOf(rows), invariants: verdicts.list(), notes };
}

interface Bench {
  readonly objects: Objects;
  readonly assistant: Assistant;
  readonly verdicts: Verdicts;
  readonly namespace: string;
  readonly kubectl: string | undefined;
  readonly folder: string;
}

/** One case on our object, and where it was written on a twin of it by the reference's way. */
async function carryOut(
  bench: Bench,
  one: MatrixCase,
  id: string,
  acts: boolean,
): Promise<(string | number)[] | undefined> {
  const { objects, assistant, verdicts } = bench;
  const row = rowOf(one.row);
  const [mine, theirs] = twinsOf(bench, one, id);
  try {
    await arrange(objects, one, mine);
    if (!acts) {
      verdicts.told(one, row, await told(assistant, objects, one, mine));
      return undefined;
    }
    const result = await ours(assistant, objects, one, mine);
    verdicts.told(one, row, result.told);
    verdicts.done(one, row, result);
    const cells = [one.name, one.row, result.told.class, ...cellsOf(result.outcome)];
    const { kubectl } = bench;
    if (kubectl === undefined || result.answer !== 'applied') {
      return [...cells, ...cellsOf(undefined)];
    }
    await arrange(objects, one, theirs);
    const facts = { name: mine.name, before: result.before, changed: result.changed };
    const other = await reference({ ...bench, kubectl }, one, theirs, facts).catch(
      (error: unknown): string => (error instanceof Error ? error.message : String(error)),
    );
    const shown =
      typeof other === 'string' ? [`failed: ${other.slice(0, 80)}`, '', '', ''] : cellsOf(other);
    return [...cells, ...shown];
  } finally {
    for (const patch of one.after ?? []) {
      for (const twin of [mine, theirs]) await objects.patch(twin, patch);
    }
    if (one.sample.existing === undefined) {
      await objects.remove(mine).catch(() => undefined);
      await objects.remove(theirs).catch(() => undefined);
    }
  }
}

function twinsOf({ namespace }: Bench, { sample }: MatrixCase, id: string): [Twin, Twin] {
  const named = sample.named ?? ((name) => name);
  const [mine, theirs] = sample.existing ?? [named(`${id}-ours`), named(`${id}-them`)];
  return [
    { sample, namespace, name: mine },
    { sample, namespace, name: theirs },
  ];
}

async function arrange(objects: Objects, one: MatrixCase, twin: Twin): Promise<void> {
  const { name, namespace } = twin;
  if (one.beside !== undefined) await objects.cluster.apply(one.beside(name, namespace));
  if (one.sample.existing !== undefined) {
    for (const patch of one.before ?? []) await objects.patch(twin, patch);
    return;
  }
  if (one.verb === 'create') return;
  await objects.create(twin);
  // What was rolled out once before has a history.
  if (one.before !== undefined) await objects.until('at rest', twin);
  for (const patch of one.before ?? []) await objects.patch(twin, patch);
  await objects.until(one.ready, twin);
}

function rowOf(id: string): MatrixRow {
  const row = MATRIX.find((one) => one.id === id);
  if (row === undefined) throw new Error(`The matrix has no row ${id}.`);
  return row;
}

/** A terminating object is refused before its class is looked at; the others have tests of their own. */
const ELSEWHERE = [
  ...['update-terminating', 'delete-managed-pod', 'evict-managed', 'evict-bare'],
  ...['delete-job-run', 'delete-definition-used', 'delete-node'],
  ...['create-snapshot-of-existing', 'delete-snapshot'],
];
const REACHABLE = MATRIX.map(({ id }) => id).filter((id) => !ELSEWHERE.includes(id));

/** Which cases are carried out: all, or so many by the seed, none of them on a node that others use as well. */
function chosen(all: readonly MatrixCase[], { seed, size }: CampaignRun): Set<MatrixCase> {
  if (size >= all.length) return new Set(all);
  const own = all.filter(({ sample }) => sample.existing === undefined);
  const order = draw(seed, fc.shuffledSubarray([...own], { minLength: own.length }), 1)[0] ?? own;
  return new Set(order.slice(0, size));
}

/** So that every row is asked for, however small the size. */
function isFirstOfRow(one: MatrixCase): boolean {
  return CASES.find(({ row }) => row === one.row) === one;
}

function cellsOf(outcome: Outcome | undefined): string[] {
  if (outcome === undefined) return ['', '', '', ''];
  return [outcome.result, outcome.ownership, outcome.pods, outcome.history];
}

function totalsOf(rows: readonly (readonly (string | number)[])[]): Record<string, number> {
  const count = (column: number, value: RegExp) =>
    rows.filter((row) => value.test(String(row[column]))).length;
  return {
    cases: rows.length,
    'restored exactly or gone again': count(3, /^(exactly|gone)/),
    'restored equivalent': count(3, /^equivalent/),
    refused: count(3, /^refused$/),
    'field owners restored': count(4, /^yes/),
    'field owners lost': count(4, /^no/),
    'reference: restored exactly or gone again': count(7, /^(exactly|gone)/),
    'reference: equivalent': count(7, /^equivalent/),
    'reference: differs, lost or failed': count(7, /^(differs|lost|failed|left)/),
    'reference: field owners lost': count(8, /^no/),
    'reference: pods lost': count(9, /^no/),
    'reference: history lost': count(10, /^no/),
  };
}
