import { at, type JsonObject, objectsOf, stringifyJson, stringOf } from '../../../src/core/json.ts';
import type { Assistant } from '../../story/client.ts';
import { compare, type Picture, picture } from './compare.ts';
import type { Objects, Twin } from './objects.ts';
import type { MatrixCase, Outcome } from './types.ts';

/** What the server said before it wrote. */
export interface Told {
  readonly class: string;
  readonly undo: string;
}

export interface OursResult {
  readonly told: Told;
  readonly outcome: Outcome;
  /** How the write was answered: `applied`, or the error's first words. */
  readonly answer: string;
  /** The transaction's end and what it noted. */
  readonly end: string;
  /** All that the abort told. */
  readonly report: string;
  /** The object before, and after the change: what the twin is put through. */
  readonly before: Picture;
  readonly changed: Picture;
}

const TOOLS = { create: 'mitigate_apply', update: 'mitigate_patch', delete: 'mitigate_delete' };

/** The call that makes the change of a case. */
export async function callOf(objects: Objects, given: MatrixCase, twin: Twin) {
  const { sample, verb } = given;
  if (verb === 'create') {
    return { tool: TOOLS.create, args: { mode: 'create', manifest: await objects.manifest(twin) } };
  }
  const place = (await objects.isNamespaced(sample)) ? { namespace: twin.namespace } : {};
  const kind = `${sample.apiVersion} ${sample.kind}`;
  const patch = { type: 'merge', patch: given.patch ?? sample.edit ?? {} };
  const call = given.call ?? { tool: TOOLS[verb], args: verb === 'update' ? patch : {} };
  const words = call.tool === 'mitigate_node' ? {} : { kind, ...place };
  return { tool: call.tool, args: { ...words, name: twin.name, ...call.args } as JsonObject };
}

/** Asks for the plan alone. */
export async function told(
  assistant: Assistant,
  objects: Objects,
  given: MatrixCase,
  twin: Twin,
): Promise<Told> {
  const { tool, args } = await callOf(objects, given, twin);
  const answer = await assistant.call(tool, { ...args, reason: 'matrix', dry_run: true });
  if (answer.isError) return { class: `no plan: ${answer.text.split('\n')[0] ?? ''}`, undo: '' };
  const [change] = objectsOf(answer.data.changes);
  return { class: stringOf(change?.class) ?? '', undo: stringOf(change?.undo) ?? '' };
}

/** Does it through the tools and takes it back by aborting the transaction. */
export async function ours(
  assistant: Assistant,
  objects: Objects,
  given: MatrixCase,
  twin: Twin,
): Promise<OursResult> {
  const words = await told(assistant, objects, given, twin);
  const before = await picture(objects, twin);
  const begun = await assistant.call('transaction_begin', { reason: 'matrix', namespaces: ['*'] });
  if (begun.isError) throw new Error(begun.text);
  const transaction = String(begun.data.transaction);
  const { tool, args } = await callOf(objects, given, twin);
  const answer = await assistant.call(tool, { ...args, reason: 'matrix', transaction });
  // What does not come about is told by what follows; the transaction has to be ended either way.
  if (!answer.isError) await objects.until(given.done, twin).catch(() => undefined);
  const changed = await picture(objects, twin);
  const ended = await assistant.call('transaction_abort', { transaction, reason: 'matrix' });
  const end = endOf(ended.isError, ended.text, ended.data);
  const report = `${ended.text} ${stringifyJson(ended.data)}`;
  if (!answer.isError) await objects.until(given.back, twin).catch(() => undefined);
  const after = await picture(objects, twin);
  const outcome = answer.isError ? refused(before, after) : compare(before, after);
  const first = answer.isError ? (answer.text.split('\n')[0] ?? '') : 'applied';
  return { told: words, outcome, answer: first, end, report, before, changed };
}

function endOf(isError: boolean, text: string, data: JsonObject): string {
  if (isError) return text;
  const state = stringOf(data.state) ?? stringOf(at(data, 'transaction', 'state')) ?? '';
  return `${state} ${stringOf(data.summary) ?? ''}`.trim();
}

/** A refusal is right only when not a byte was written. */
function refused(before: Picture, after: Picture): Outcome {
  const marked = after.object !== undefined && stringifyJson(after.object).includes('stratus');
  // Its controller may have written its status meanwhile.
  const untouched = !marked && compare(before, after).exact;
  return {
    result: untouched ? 'refused' : 'refused, but changed',
    exact: untouched,
    equivalent: untouched,
    ownership: 'n.a.',
    pods: 'n.a.',
    history: 'n.a.',
  };
}
