import type { ListQuery } from '../../../cluster/types.ts';
import { StratusError } from '../../../core/errors.ts';
import { describeRef, type KubeObject, refOf } from '../../../core/kube.ts';
import type { ObserveContext } from '../../types.ts';
import { lookAside, permit } from '../access.ts';
import { stateOf } from '../state.ts';

/** Something that stands in a relation to the described object. */
export interface Relation {
  readonly relation: string;
  readonly object: string;
  readonly state?: string;
}

interface Place {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
}

/** Reads around one object: asks the policy each time, remembers, and notes what it may not see. */
export interface Surroundings {
  /** An object; undefined when it isn't there, `hidden` when that can't be known. */
  get(place: Place, name: string): Promise<KubeObject | undefined | 'hidden'>;
  /** All objects of a kind there; empty, with a note, when they can't be seen. */
  list(
    place: Place,
    query?: Pick<ListQuery, 'labelSelector' | 'fieldSelector' | 'metadataOnly'>,
  ): Promise<readonly KubeObject[]>;
  /** The same; undefined when they can't be seen, for those who conclude something from nothing. */
  seen(
    place: Place,
    query?: Pick<ListQuery, 'labelSelector' | 'fieldSelector' | 'metadataOnly'>,
  ): Promise<readonly KubeObject[] | undefined>;
  /** What could not be seen. */
  readonly notes: ReadonlySet<string>;
}

// Reads at once: an object can refer to hundreds, and others use the connection too.
const AT_ONCE = 8;

/** Runs at most so many at a time, in the order they came. */
function createGate(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await run();
    } finally {
      // Whoever is woken takes over this place.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

export function createSurroundings(context: ObserveContext, tool: string): Surroundings {
  const { reader, signal } = context;
  const notes = new Set<string>();
  const gate = createGate(AT_ONCE);
  const lists = new Map<string, Promise<readonly KubeObject[] | undefined>>();

  async function resolve({ apiVersion, kind }: Place) {
    return (await reader.resources({ signal })).resolveKind(apiVersion, kind);
  }

  async function read(
    place: Place,
    query: Partial<ListQuery>,
  ): Promise<readonly KubeObject[] | undefined> {
    const look = await lookAside(async () => {
      const resource = await resolve(place);
      const namespace = resource.namespaced ? place.namespace : undefined;
      permit(context, { tool, resource, namespace });
      const inside = namespace === undefined ? {} : { namespace };
      const wanted = { resource, ...inside, ...query };
      const { items } = await gate(() => reader.listAll(wanted, { signal }));
      // Items of a list may come without kind and apiVersion.
      return items.map((item) => ({ ...item, apiVersion: place.apiVersion, kind: place.kind }));
    });
    if ('seen' in look) return look.seen;
    notes.add(`${place.kind}s were not looked at: ${look.unseen}`);
    return undefined;
  }

  function seen(place: Place, query: Partial<ListQuery> = {}) {
    const id = JSON.stringify([place, query]);
    const known = lists.get(id) ?? read(place, query);
    lists.set(id, known);
    return known;
  }

  return {
    notes,
    async get(place, name) {
      try {
        const resource = await resolve(place);
        const namespace = resource.namespaced ? place.namespace : undefined;
        permit(context, { tool, resource, namespace, name });
        const key = { resource, name, ...(namespace === undefined ? {} : { namespace }) };
        return (await gate(() => reader.get(key, { signal })))?.object;
      } catch (error) {
        if (!(error instanceof StratusError) || error.code === 'cancelled') throw error;
        notes.add(`${describeRef({ ...place, name })} was not looked at: ${error.message}`);
        return 'hidden';
      }
    },
    seen,
    list: async (place, query) => (await seen(place, query)) ?? [],
  };
}

/** How many objects of one relation are shown. */
const SHOWN = 10;

/** Objects as relations, a few of them; the rest is counted. */
export function relate(
  relation: string,
  objects: readonly KubeObject[],
  max: number = SHOWN,
): Relation[] {
  const shown = objects.slice(0, max).map((object) => relateOne(relation, object));
  const more = objects.length - shown.length;
  return more > 0 ? [...shown, { relation, object: `and ${more} more` }] : shown;
}

export function relateOne(relation: string, object: KubeObject): Relation {
  const state = stateOf(object);
  return { relation, object: describeRef(refOf(object)), ...(state ? { state } : {}) };
}
