import { expect } from 'vitest';
import type { z } from 'zod';
import type { LiveObject, ResourceInfo } from '../../../src/cluster/types.ts';
import { StratusError } from '../../../src/core/errors.ts';
import { type JsonObject, stringifyJson } from '../../../src/core/json.ts';
import { groupOf, type KubeObject } from '../../../src/core/kube.ts';
import type { MitigateTool } from '../../../src/tools/types.ts';
import type { Live, PlannedWrite } from '../../../src/transaction/types.ts';

/** A tool that was found by name: its arguments are whatever its schema takes. */
export type AnyTool = MitigateTool<z.ZodObject>;

/** An object as a fresh read answers it. */
export function live(object: JsonObject): LiveObject {
  const parsed = object as KubeObject;
  const { apiVersion, kind, metadata } = parsed;
  const resource: ResourceInfo = {
    group: groupOf(apiVersion),
    version: apiVersion.split('/').at(-1) ?? '',
    apiVersion,
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: metadata.namespace !== undefined,
    verbs: [],
    subresources: [],
  };
  return {
    key: {
      resource,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    },
    bytes: Buffer.from(stringifyJson(parsed)),
    object: parsed,
    uid: metadata.uid ?? `uid-${metadata.name}`,
    resourceVersion: metadata.resourceVersion ?? '1',
  };
}

/** What the reads of a tool answer. */
export function answers(
  objects: Record<string, LiveObject | undefined>,
  lists: Record<string, LiveObject[]> = {},
): Live {
  return { object: (as) => objects[as], list: (as) => lists[as] ?? [] };
}

/** Plans a call: the arguments go through the tool's own schema, as a client's do. */
export function plan(
  tool: AnyTool,
  args: JsonObject,
  facts: Live | LiveObject,
): readonly PlannedWrite[] {
  const parsed = tool.input.parse({ reason: 'test', ...args });
  return tool.plan(parsed, 'key' in facts ? answers({ target: facts }) : facts);
}

export function reads(tool: AnyTool, args: JsonObject) {
  return tool.reads(tool.input.parse({ reason: 'test', ...args }));
}

/** The error that a call ends in. */
export function refusal(run: () => unknown): StratusError {
  try {
    run();
  } catch (error) {
    if (error instanceof StratusError) return error;
    throw error;
  }
  return expect.unreachable('nothing was refused');
}

export function deployment(changes: { spec?: JsonObject; metadata?: JsonObject } = {}): LiveObject {
  return live({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'catalog',
      namespace: 'shop',
      uid: 'uid-catalog',
      labels: { app: 'catalog' },
      ...changes.metadata,
    },
    spec: {
      replicas: 3,
      template: {
        metadata: { labels: { app: 'catalog' } },
        spec: {
          initContainers: [{ name: 'migrate', image: 'shop/migrate:1' }],
          containers: [
            {
              name: 'web',
              image: 'shop/catalog:1.0',
              env: [
                { name: 'MODE', value: 'fast' },
                {
                  name: 'DB_URL',
                  valueFrom: { configMapKeyRef: { name: 'catalog', key: 'db-url' } },
                },
              ],
            },
          ],
        },
      },
      ...changes.spec,
    },
  });
}

/** The first write, whose presence is the point. */
export function only(writes: readonly PlannedWrite[]): PlannedWrite {
  expect(writes).toHaveLength(1);
  const [write] = writes;
  if (write === undefined) throw new Error('no write');
  return write;
}
