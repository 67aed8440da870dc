import type { LiveObject, ObjectKey, ResourceInfo } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { describeRef } from '../../core/kube.ts';
import { nearNames } from '../render/near-names.ts';
import type { ObserveContext } from '../types.ts';
import { lookAside, permit } from './access.ts';

/** Where a tool looks: one kind, in a namespace, in all of them, or in the cluster. */
export interface Place {
  readonly resource: ResourceInfo;
  /** Absent: all namespaces, or a cluster-scoped resource. */
  readonly namespace?: string;
  readonly notes: readonly string[];
}

/**
 * The namespace that the arguments mean; undefined for all.
 * @throws StratusError invalid_arguments when both are given.
 */
export function chooseNamespace(
  context: Pick<ObserveContext, 'reader'>,
  args: { namespace?: string | undefined; all_namespaces?: boolean },
): string | undefined {
  if (!args.all_namespaces) return args.namespace ?? context.reader.defaultNamespace;
  if (args.namespace === undefined) return undefined;
  throw new StratusError(
    'invalid_arguments',
    'namespace and all_namespaces were both given, and they contradict each other.',
    { next: 'Leave one of them out.' },
  );
}

/** Resolves a word for a kind; a kind that was installed a moment ago is found too. */
export async function resolveKind(context: ObserveContext, word: string): Promise<ResourceInfo> {
  const { reader, signal } = context;
  const known = await reader.resources({ signal });
  try {
    return known.resolve(word);
  } catch (error) {
    if (!(error instanceof StratusError) || error.code !== 'unknown_resource') throw error;
    return (await reader.resources({ signal, fresh: true })).resolve(word);
  }
}

/** Resolves kind and namespace. A cluster-scoped kind ignores a namespace, and a note says so. */
export async function choosePlace(
  context: ObserveContext,
  args: { kind: string; namespace?: string | undefined; all_namespaces?: boolean },
): Promise<Place> {
  const resource = await resolveKind(context, args.kind);
  if (!resource.namespaced) {
    const ignored = args.namespace !== undefined;
    return {
      resource,
      notes: ignored ? [`${resource.kind} is cluster-scoped: namespace was ignored.`] : [],
    };
  }
  const namespace = chooseNamespace(context, args);
  return { resource, ...(namespace === undefined ? {} : { namespace }), notes: [] };
}

export function keyOf(place: Pick<Place, 'resource' | 'namespace'>, name: string): ObjectKey {
  const { resource, namespace } = place;
  return { resource, ...(namespace === undefined ? {} : { namespace }), name };
}

/**
 * Reads one object that was asked for by name.
 * @throws StratusError not_found with the names that may have been meant, policy_refused.
 */
export async function readTarget(
  context: ObserveContext,
  tool: string,
  place: Place,
  name: string,
): Promise<LiveObject> {
  const { resource, namespace } = place;
  permit(context, { tool, resource, namespace, name });
  const found = await context.reader.get(keyOf(place, name), { signal: context.signal });
  if (found) return found;
  const subject = describeRef({ kind: resource.kind, namespace, name });
  const hint = await whereElse(context, tool, place, name);
  throw new StratusError('not_found', `There is no ${subject}. ${hint.sentence}`.trim(), {
    next:
      hint.next ??
      `observe_list ${JSON.stringify({ kind: resource.kind, ...(namespace ? { namespace } : {}) })} shows what there is.`,
    ...(hint.names.length > 0 ? { details: { did_you_mean: [...hint.names] } } : {}),
  });
}

interface Hint {
  readonly sentence: string;
  readonly names: readonly string[];
  readonly next?: string;
}

async function whereElse(
  context: ObserveContext,
  tool: string,
  { resource, namespace }: Place,
  name: string,
): Promise<Hint> {
  const { reader, signal } = context;
  if (namespace !== undefined && (await namespaceExists(context, tool, namespace)) === false) {
    return {
      sentence: `Namespace ${namespace} doesn't exist.`,
      names: [],
      next: 'observe_list {"kind":"Namespace"} shows the namespaces.',
    };
  }
  const here = await lookAside(async () => {
    permit(context, { tool, resource, namespace });
    const query = { resource, ...(namespace ? { namespace } : {}), metadataOnly: true };
    return (await reader.list(query, { signal })).items.map((item) => item.metadata.name);
  });
  const names = 'seen' in here ? nearNames(name, here.seen) : [];
  if (names.length > 0) return { sentence: `Did you mean ${names.join(', ')}?`, names };
  if (namespace === undefined) return { sentence: '', names };
  const elsewhere = await lookAside(async () => {
    permit(context, { tool, resource });
    const fieldSelector = `metadata.name=${name}`;
    const page = await reader.list({ resource, fieldSelector, metadataOnly: true }, { signal });
    return page.items.flatMap((item) => item.metadata.namespace ?? []).slice(0, 5);
  });
  const namespaces = 'seen' in elsewhere ? elsewhere.seen : [];
  if (namespaces.length === 0) return { sentence: '', names };
  const many = namespaces.length > 1 ? 'namespaces' : 'namespace';
  return {
    sentence: `There is one of that name in ${many} ${namespaces.join(', ')}.`,
    names: namespaces.map((other) => `${other}/${name}`),
  };
}

/** Whether the namespace is there; undefined when nobody may know. */
export async function namespaceExists(
  context: ObserveContext,
  tool: string,
  name: string,
): Promise<boolean | undefined> {
  const { reader, signal } = context;
  const look = await lookAside(async () => {
    const resource = (await reader.resources({ signal })).resolveKind('v1', 'Namespace');
    permit(context, { tool, resource, name });
    return (await reader.get({ resource, name }, { signal })) !== undefined;
  });
  return 'seen' in look ? look.seen : undefined;
}
