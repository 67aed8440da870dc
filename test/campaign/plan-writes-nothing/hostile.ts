import fc from 'fast-check';
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts';
import { draw } from '../draw.ts';

/** A call of a tool that is to be a plan. */
export interface PlanCall {
  readonly tool: string;
  readonly args: JsonObject;
}

/** What a model, or somebody through it, may put where a value belongs. */
const HOSTILE: readonly Json[] = [
  null,
  '',
  ' ',
  0,
  -1,
  1e21,
  true,
  false,
  [],
  {},
  '*',
  '../../kube-system/configmaps/x',
  'settings?dryRun=',
  'settings?dryRun=None&x=',
  'settings%3FdryRun%3D',
  'settings/status',
  'settings#',
  '\u0000',
  '\u202E\u2066web',
  '__proto__',
  'x'.repeat(5_000),
  { dryRun: [] },
  { dryRun: null, preconditions: {} },
  ['All', 'None'],
  { apiVersion: 'v1', kind: 'DeleteOptions', dryRun: [] },
  { metadata: { name: 'other', namespace: 'kube-system', uid: null, resourceVersion: '0' } },
  { metadata: { finalizers: ['example.com/never'], deletionTimestamp: '2020-01-01T00:00:00Z' } },
  [{ op: 'replace', path: '/metadata/name', value: 'other' }],
  'apiVersion: policy/v1\nkind: Eviction\nmetadata: {name: x}',
  'apiVersion: v1\nkind: Binding\nmetadata: {name: x}\ntarget: {name: node-1}',
  'apiVersion: v1\nkind: List\nitems: []',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}',
  'apiVersion: authentication.k8s.io/v1\nkind: TokenRequest\nspec: {}',
];

/** A plan that is asked for in a way that no schema has. */
const NO_DRY_RUN: readonly Json[] = ['true', 'false', 1, 0, null, [], {}, ['All'], 'All'];

/** Names of arguments that no tool has. */
const EXTRA = [
  'dryRun',
  'dry-run',
  'force',
  'approve',
  'approval',
  '__proto__',
  'constructor',
  'transaction',
];

/** Right calls of which one or two values are something else. None of them is a right call that writes. */
export function hostileCalls(seed: number, calls: readonly PlanCall[], count: number): PlanCall[] {
  const change = fc.record({
    where: fc.nat(),
    what: fc.constantFrom(...HOSTILE),
    deep: fc.boolean(),
  });
  const one = fc.record({
    call: fc.constantFrom(...calls),
    changes: fc.array(change, { minLength: 1, maxLength: 2 }),
    extra: fc.option(fc.tuple(fc.constantFrom(...EXTRA), fc.constantFrom(...HOSTILE)), { freq: 3 }),
    dryRun: fc.option(fc.constantFrom(...NO_DRY_RUN), { freq: 4 }),
  });
  return draw(seed, one, count).map(({ call, changes, extra, dryRun }) => {
    let args: JsonObject = call.args;
    for (const { where, what, deep } of changes) args = replaced(args, where, what, deep);
    const planned = 'dry_run' in call.args ? { dry_run: dryRun ?? true } : {};
    const more = extra === null ? [] : [extra];
    return { tool: call.tool, args: { ...args, ...Object.fromEntries(more), ...planned } };
  });
}

/** The object with another value at one of its fields; `deep`: at a field of that field, where it has any. */
function replaced(args: JsonObject, where: number, what: Json, deep: boolean): JsonObject {
  const names = Object.keys(args);
  const name = names[where % names.length];
  if (name === undefined) return args;
  const value = args[name];
  const inside = deep && isObject(value) && Object.keys(value).length > 0;
  return { ...args, [name]: inside ? replaced(value, where, what, true) : what };
}
