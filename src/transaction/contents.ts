import { stringifyJson } from '../core/json.ts';
import { controllerOf, type KubeObject } from '../core/kube.ts';
import type { EngineParts } from './parts.ts';

const PARALLEL = 6;

/** What controllers make and unmake by themselves: no sign that somebody uses the namespace. */
const PASSING: readonly string[] = [
  'Event',
  'EndpointSlice',
  'Endpoints',
  'Lease',
  'PodMetrics',
  'ControllerRevision',
];

export interface Contained {
  /** `Deployment/web`. */
  readonly name: string;
  readonly kind: string;
  readonly object: KubeObject;
}

/**
 * Everything in a namespace that goes with it, but what its controllers make of the rest.
 * @throws StratusError when a kind can't be listed: what is not seen can't be approved
 */
export async function contentsOf(
  parts: EngineParts,
  namespace: string,
  signal?: AbortSignal,
): Promise<Contained[]> {
  const options = signal === undefined ? {} : { signal };
  const { all } = await parts.reader.resources({ ...options, fresh: true });
  const waiting = all.filter(
    (one) => one.namespaced && one.verbs.includes('list') && !PASSING.includes(one.kind),
  );
  const found: Contained[] = [];
  const lister = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const { kind } = one;
      const query = { resource: one, namespace, metadataOnly: true };
      const { items } = await parts.reader.listAll(query, options);
      for (const object of items) {
        const isBare = controllerOf(object) === undefined;
        if (isBare) found.push({ name: `${kind}/${object.metadata.name}`, kind, object });
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lister));
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The contents as they are journaled and approved: names and uids. */
export function contentsImage(contents: readonly Contained[]): Buffer {
  const named = contents.map(({ name, object }) => ({ name, uid: object.metadata.uid ?? '' }));
  return Buffer.from(stringifyJson(named));
}
