import { KINDS } from '../kinds.ts';
import type { Change } from '../store.ts';
import type { Client } from './client.ts';
import type { Controller } from './loop.ts';

/** Gives a namespace what every one has, and empties one that is deleted. */
export function namespaceController(client: Client): Controller {
  const { store } = client.machine;
  const contents = (namespace: string) =>
    KINDS.filter((kind) => kind.namespaced).flatMap((kind) => store.list(kind, namespace));
  return {
    concerns({ kind, object, type }: Change) {
      if (kind.kind === 'Namespace') return [object.metadata.name];
      const { namespace } = object.metadata;
      return type === 'DELETED' && namespace !== undefined ? [namespace] : [];
    },
    reconcile(name) {
      const namespace = client.get('Namespace', undefined, name);
      if (namespace === undefined) return undefined;
      if (namespace.metadata.deletionTimestamp === undefined) {
        furnish(client, name);
        return undefined;
      }
      for (const object of contents(name)) {
        if (object.metadata.deletionTimestamp === undefined) client.remove(object, 'Background');
      }
      if (contents(name).length > 0) return 500;
      const kind = KINDS.find((it) => it.kind === 'Namespace');
      if (kind !== undefined) store.remove(kind, namespace);
      return undefined;
    },
  };
}

function furnish(client: Client, namespace: string): void {
  if (client.get('ServiceAccount', namespace, 'default') === undefined) {
    client.create('ServiceAccount', namespace, { metadata: { name: 'default' } });
  }
  if (client.get('ConfigMap', namespace, 'kube-root-ca.crt') === undefined) {
    client.create('ConfigMap', namespace, {
      metadata: { name: 'kube-root-ca.crt' },
      data: { 'ca.crt': 'simulated: there is no certificate\n' },
    });
  }
}
