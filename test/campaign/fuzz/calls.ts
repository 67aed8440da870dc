import fc from 'fast-check';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { rightArguments } from '../../tools/right-arguments.ts';
import { objectFor, valueFor, type Words } from './arguments.ts';
import type { Canaries } from './canaries.ts';
import { hostile } from './hostile.ts';
import { manifestText } from './manifests.ts';
import type { World } from './world.ts';

export interface Tool {
  readonly name: string;
  readonly inputSchema: JsonObject;
}

export type ToolCalls = Readonly<Record<string, fc.Arbitrary<JsonObject>>>;

/** Calls of each tool: by its own schema with the world's words, or a right call with one thing spoilt. */
export function callsOf(tools: readonly Tool[], world: World, secrets: Canaries): ToolCalls {
  const words = wordsOf(world, secrets);
  return Object.fromEntries(
    tools.map(({ name, inputSchema }): [string, fc.Arbitrary<JsonObject>] => {
      const right = rightArguments(name, world.open) ?? {};
      const keys = Object.keys((inputSchema.properties ?? {}) as JsonObject);
      const oneSpoilt = fc
        .tuple(fc.constantFrom(...keys), hostile)
        .map(([key, value]) => ({ ...right, [key]: value }));
      // A right call about some object of the world, with one more argument of the schema.
      const properties = (inputSchema.properties ?? {}) as Record<string, JsonObject>;
      const about = fc.constantFrom(...objectsFor(right, world));
      const another = fc.oneof(
        fc.constant({}),
        ...Object.entries(properties)
          .filter(([key]) => !(key in right))
          .map(([key, schema]) =>
            valueFor(schema, key, words(name)).map((value) => ({ [key]: value })),
          ),
        fc
          .constantFrom(...(words(name).patch ?? []))
          .map((patch) => ('patch' in right ? { patch } : {})),
      );
      const dryRun = fc.constantFrom(...(words(name).dry_run ?? []));
      const varied = fc.tuple(about, another, dryRun).map(([object, more, dry]) => ({
        ...right,
        ...object,
        ...('dry_run' in right ? { dry_run: dry } : {}),
        ...more,
      }));
      const made = fc.oneof(
        { weight: 5, arbitrary: varied },
        { weight: 1, arbitrary: objectFor(inputSchema, words(name)) },
        { weight: 2, arbitrary: oneSpoilt },
      );
      return [name, made.map((args) => args as JsonObject)];
    }),
  );
}

function wordsOf({ open, shut }: World, { secret }: Canaries): (tool: string) => Words {
  const patches: Json[] = [
    { data: { mode: 'slow' } },
    { data: { db_password: secret('patched') } },
    { stringData: { password: secret('string-data') } },
    { metadata: { finalizers: ['a/b'] } },
    { metadata: { ownerReferences: [] } },
    { metadata: { namespace: shut } },
    { spec: { replicas: 2 } },
    { spec: { template: { spec: { containers: [{ name: 'web', image: 'local/web:2' }] } } } },
    [{ op: 'copy', from: '/data/password', path: '/metadata/annotations/copied' }],
    [{ op: 'move', from: '/data/note', path: '/metadata/labels/moved' }],
    [{ op: 'add', path: '/data/password', value: secret('operation') }],
    [{ op: 'test', path: '/data/password', value: 'eA==' }],
    [{ op: 'remove', path: '' }],
    [{ op: 'replace', path: '/metadata/name', value: 'other' }],
  ];
  const shared: Words = {
    namespace: [open, open, open, shut, 'kube-system', '*', 'nowhere'],
    namespaces: [[open], [open, shut], ['*'], ['nowhere']],
    kind: [
      'ConfigMap',
      'Secret',
      'Deployment',
      'Service',
      'Pod',
      'Node',
      'secrets',
      'deploy',
      'cm',
    ],
    name: ['settings', 'login', 'web', 'frozen', 'node-1', 'fresh', 'kube-root-ca.crt'],
    workload: ['Deployment/web', 'StatefulSet/none', 'web'],
    container: ['web', 'none'],
    image: ['local/web:1', 'local/web:2', 'local/broken:1'],
    patch: patches,
    transaction: ['txn-1', 'txn-2', 'txn-999'],
    reason: ['fuzz'],
    dry_run: [true, true, true, true, true, true, true, false],
    env: [
      { DB_PASSWORD: secret('set-env'), MODE: 'slow' },
      [{ name: 'DB_PASSWORD', value: secret('set-env') }],
    ],
    labels: [{ a: 'b' }, { a: null }, { 'stratus.dev/intent': 'x' }],
    annotations: [{ a: 'b' }, { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }],
    fields: ['data', 'data.password', 'stringData', 'metadata.annotations', 'spec.template', ''],
    selector: ['app=web', 'a in (b', { app: 'web' }],
    replicas: [0, 1, 2, 1000],
    wait_seconds: [0, 1],
  };
  const commands: Json[] = patches.slice(0, 4).map((patch, i) => ({
    tool: 'mitigate_patch',
    arguments: { namespace: open, kind: i < 2 ? 'ConfigMap' : 'Secret', name: 'login', patch },
  }));
  return (tool) => ({
    ...shared,
    ...(tool === 'mitigate_batch' ? { commands: [[commands[0] ?? null], commands] } : {}),
  });
}

/** Other objects for a call that names one. */
function objectsFor(right: JsonObject, { open, shut }: World): JsonObject[] {
  if (!('kind' in right) || !('namespace' in right)) return [{}];
  const kinds = [
    ['ConfigMap', 'settings'],
    ['Secret', 'login'],
    ['Deployment', 'web'],
    ['Service', 'web'],
    ['ConfigMap', 'frozen'],
  ] as const;
  return [open, open, open, shut].flatMap((namespace) =>
    kinds.map(([kind, name]) => ({ namespace, kind, ...('name' in right ? { name } : {}) })),
  );
}

/** Manifests, planned or applied. */
export function manifestCalls(
  { open, shut }: World,
  { secret }: Canaries,
): fc.Arbitrary<JsonObject> {
  return fc
    .record({
      manifest: manifestText(open, shut, secret),
      namespace: fc.constantFrom(open, open, shut, undefined),
      mode: fc.constantFrom('apply', 'create', undefined),
      dry_run: fc.constantFrom(true, true, true, false),
      reason: fc.constant('fuzz'),
    })
    .map((args) => JSON.parse(JSON.stringify(args)) as JsonObject);
}
