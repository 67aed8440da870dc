import { setTimeout as sleep } from 'node:timers/promises';
import { at, objectsOf, stringOf } from '../../src/core/json.ts';
import type { ControlPlaneClient } from './types.ts';

type Requester = Pick<ControlPlaneClient, 'request'>;

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Server-side apply with force, one object after another, as field manager `test-user`. */
export async function applyManifests(
  client: Requester,
  manifests: readonly object[],
): Promise<void> {
  for (const manifest of manifests) {
    const object = checked(manifest);
    const path = `${await pathOf(client, object)}?fieldManager=test-user&force=true`;
    await client.request('PATCH', path, manifest, { contentType: 'application/apply-patch+yaml' });
    if (object.kind === 'CustomResourceDefinition') await established(client, object.metadata.name);
  }
}

/** The API path of the object that a manifest describes, its resource name asked by discovery. */
async function pathOf(client: Requester, object: Manifest): Promise<string> {
  const { apiVersion, kind, metadata } = object;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  // A resource is served some time after its definition says that it's established.
  for (let attempt = 0; ; attempt++) {
    const found = await client.request('GET', root, undefined, { allow: [404] });
    const resource = objectsOf(at(found.json, 'resources')).find(
      (candidate) =>
        at(candidate, 'kind') === kind && stringOf(at(candidate, 'name'))?.includes('/') === false,
    );
    if (resource !== undefined) {
      const name = stringOf(at(resource, 'name'));
      const namespace =
        at(resource, 'namespaced') === true ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
      return `${root}${namespace}/${name}/${metadata.name}`;
    }
    if (attempt === 50) throw new Error(`the API server has no ${kind} in ${apiVersion}`);
    await sleep(100);
  }
}

async function established(client: Requester, name: string): Promise<void> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
  for (let attempt = 0; attempt < 100; attempt++) {
    const { json } = await client.request('GET', path);
    const conditions = objectsOf(at(json, 'status', 'conditions'));
    if (conditions.some((it) => it.type === 'Established' && it.status === 'True')) return;
    await sleep(100);
  }
  throw new Error(`${name} isn't established after 10 s`);
}

function checked(manifest: object): Manifest {
  const { apiVersion, kind, metadata } = manifest as Partial<Manifest>;
  if (!apiVersion || !kind || !metadata?.name) {
    throw new TypeError('a manifest needs apiVersion, kind and metadata.name');
  }
  return { apiVersion, kind, metadata };
}
