import type { CompleteResult } from '@modelcontextprotocol/sdk/types.js';
import { CLOSED, OPEN } from '../agents/machine.ts';
import { PROMPTS } from '../agents/prompts/index.ts';
import type { ClusterReader, ResourceInfo } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { plainLine } from '../core/plain-text.ts';
import { permit } from '../tools/observe/access.ts';
import { INCIDENT_TEMPLATE, STORY_TEMPLATE, TRANSACTION_TEMPLATE } from './resources/addresses.ts';
import type { Runtime } from './runtime.ts';

/** The protocol's own limit of values in one answer. */
const SHOWN = 100;
/** Objects looked through for a name. */
const LISTED = 1_000;
/** Nobody waits longer for a suggestion. */
const PATIENCE_MS = 3_000;
/** The policy knows completions as this tool: they show names, as a list does. */
const AS_TOOL = 'observe_list';

export interface CompletionRequest {
  readonly ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string };
  readonly argument: { readonly name: string; readonly value: string };
  /** What else is filled in already. */
  readonly given: Readonly<Record<string, string>>;
}

/**
 * Suggests values for an argument of a prompt or of a resource's address: namespaces, kinds, names, incidents,
 * transactions.
 * What can't be read gives no suggestion: somebody is typing, and an error would stand in the way.
 */
export async function complete(
  runtime: Runtime,
  request: CompletionRequest,
  cancelled: AbortSignal,
): Promise<CompleteResult> {
  const { ref, argument } = request;
  if (!isArgument(ref, argument.name)) return answer([], argument.value);
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    return answer(await candidates(runtime, request, signal), argument.value);
  } catch (error) {
    runtime.log.debug({ err: error, argument: argument.name }, 'no completion');
    return answer([], argument.value);
  }
}

function isArgument(ref: CompletionRequest['ref'], name: string): boolean {
  if (ref.type === 'ref/resource') {
    if (ref.uri === INCIDENT_TEMPLATE) return name === 'incident';
    return name === 'transaction' && [TRANSACTION_TEMPLATE, STORY_TEMPLATE].includes(ref.uri);
  }
  const prompt = PROMPTS.find((candidate) => candidate.name === ref.name);
  return prompt?.arguments.some((argument) => argument.name === name) ?? false;
}

function candidates(
  runtime: Runtime,
  { argument, given }: CompletionRequest,
  signal: AbortSignal,
): Promise<string[]> {
  switch (argument.name) {
    case 'incident':
      return incidents(runtime);
    case 'transaction':
      return transactions(runtime);
    case 'namespace':
      return namespaces(runtime, signal);
    case 'kind':
      return kinds(runtime, signal);
    case 'name':
      return names(runtime, given, signal);
    default:
      return Promise.resolve([]);
  }
}

async function transactions(runtime: Runtime): Promise<string[]> {
  // They are what the status of all of them would tell.
  if (runtime.policy.decideRead({ tool: 'transaction_status' }).effect !== 'allow') return [];
  const journal = await runtime.journal();
  return journal.transactions.list({ limit: SHOWN }).rows.map(({ id }) => id);
}

/** Those that go on before those that are over. */
async function incidents(runtime: Runtime): Promise<string[]> {
  if (runtime.policy.decideRead({ tool: 'incident_status' }).effect !== 'allow') return [];
  const { incidents: store } = await runtime.journal();
  const open = store.list({ phases: OPEN, limit: SHOWN }).rows;
  const closed = store.list({ phases: CLOSED, limit: SHOWN }).rows;
  return [...open, ...closed].map(({ id }) => id);
}

async function namespaces(runtime: Runtime, signal: AbortSignal): Promise<string[]> {
  const { reader } = await runtime.cluster();
  try {
    const resource = (await reader.resources({ signal })).resolve('namespaces');
    return await namesOf(runtime, reader, resource, undefined, signal);
  } catch (error) {
    // An identity of one namespace may not list them, but it has its own.
    if (error instanceof StratusError && error.code === 'forbidden')
      return [reader.defaultNamespace];
    throw error;
  }
}

async function kinds(runtime: Runtime, signal: AbortSignal): Promise<string[]> {
  const { reader } = await runtime.cluster();
  const { all } = await reader.resources({ signal });
  const listed = all.filter(({ verbs }) => verbs.includes('list'));
  return [...new Set(listed.map(({ kind }) => kind))].sort();
}

async function names(
  runtime: Runtime,
  { kind, namespace }: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string[]> {
  if (!kind) return [];
  const { reader } = await runtime.cluster();
  const resource = (await reader.resources({ signal })).resolve(kind);
  const where = resource.namespaced ? namespace || reader.defaultNamespace : undefined;
  return namesOf(runtime, reader, resource, where, signal);
}

async function namesOf(
  { policy }: Runtime,
  reader: ClusterReader,
  resource: ResourceInfo,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  permit({ policy }, { tool: AS_TOOL, resource, namespace });
  const page = await reader.list(
    {
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      limit: LISTED,
      metadataOnly: true,
    },
    { signal },
  );
  return page.items.map(({ metadata }) => metadata.name);
}

/** Those that begin as typed, then those that contain it; case doesn't count. */
function answer(values: readonly string[], typed: string): CompleteResult {
  const word = typed.toLowerCase();
  const begins = values.filter((value) => value.toLowerCase().startsWith(word));
  const contains = values.filter((value) => value.toLowerCase().indexOf(word) > 0);
  const found = [...begins, ...contains].map(plainLine);
  return {
    completion: {
      values: found.slice(0, SHOWN),
      total: found.length,
      hasMore: found.length > SHOWN,
    },
  };
}
