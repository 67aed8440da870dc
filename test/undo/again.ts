import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';
import { createAs, mustRead } from './bench.ts';
import { full } from './kinds.ts';

export interface Custom {
  readonly group: string;
  /** Creates one, as soon as its kind is served. */
  make(name: string, fields: JsonObject): Promise<{ ref: ObjectRef; before: KubeObject }>;
}

/** A kind of its own whose objects may hold anything. */
export async function customKind(
  cluster: ControlPlaneClient,
  namespace: string,
  given: {
    readonly group?: string;
    readonly version?: JsonObject;
    readonly annotations?: JsonObject;
  },
): Promise<Custom> {
  const { group = `g${randomBytes(4).toString('hex')}.example.com`, annotations = {} } = given;
  await cluster.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}`, annotations },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Thing', plural: 'things', singular: 'thing', listKind: 'ThingList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
          ...given.version,
        },
      ],
    },
  });
  return {
    group,
    make: async (name, fields) => {
      const ref = { apiVersion: `${group}/v1`, kind: 'Thing', namespace, name };
      await cluster.waitFor('the kind to be served', async () => {
        await createAs(cluster, 'operator', ref, full(fields, ref));
        return true;
      });
      return { ref, before: await mustRead(cluster, ref) };
    },
  };
}
