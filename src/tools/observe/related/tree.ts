import { isCustomGroup } from '../../../core/api-groups.ts';
import { at, numberOf, objectOf } from '../../../core/json.ts';
import { describeRef, groupOf, type KubeObject, refOf } from '../../../core/kube.ts';
import { CHILD_KINDS, climb, OTHER_CHILD_KINDS, ownedBy } from '../describe/family.ts';
import { podTrouble, stateOf, worstPodsFirst } from '../state.ts';
import { selectorText } from './label-match.ts';
import type { Surroundings } from './surroundings.ts';

/** The family of an object as indented lines, from the root owner downwards. */
export interface Tree {
  readonly lines: readonly string[];
  /** Objects that have no line of their own. */
  readonly hidden: number;
  /** Owners and what is owned, the object itself not counted. */
  readonly total: number;
}

// As deep as owners go in practice, with room for operators' resources.
const DEEPEST = 6;
const ASKED = '  ← this one';

/**
 * Reads upwards to the owner that nobody owns, then downwards from it.
 * @param most lines that one owner's children take.
 */
export async function familyTree(
  object: KubeObject,
  around: Surroundings,
  most: number,
): Promise<Tree> {
  const { owners, end } = await climb(object, around);
  const root = owners.at(-1) ?? object;
  const path = new Set([object, ...owners].flatMap(({ metadata: { uid } }) => uid ?? []));
  const childrenOf = await reader(root, around);
  const lines: string[] = [];
  let hidden = 0;
  let total = 0;
  const add = (depth: number, text: string) => lines.push(`${'  '.repeat(depth)}${text}`);

  const show = (node: KubeObject, depth: number): void => {
    const state = stateOf(node);
    const mark = node.metadata.uid === object.metadata.uid ? ASKED : '';
    add(depth, `${describeRef(refOf(node))}${state ? `: ${state}` : ''}${mark}`);
    total += 1;
    if (depth >= DEEPEST) return;
    const children = ordered(childrenOf(node), path);
    // Old revisions stay behind at zero; they tell nothing about now.
    const live = children.filter((child) => !isIdle(child) || isOn(path, child));
    const shown = live.slice(0, most);
    for (const child of shown) show(child, depth + 1);
    const rest = live.slice(most);
    if (rest.length > 0) add(depth + 1, `and ${rest.length} more${healthOf(rest)}`);
    const idle = children.length - live.length;
    if (idle > 0) add(depth + 1, `and ${idle} old ReplicaSets at 0 replicas`);
    hidden += rest.length;
    total += rest.length + idle;
  };

  const base = end ? 1 : 0;
  if (end) add(0, `${end.object}: ${end.state}`);
  show(root, base);
  return { lines, hidden, total: total - 1 };
}

function isOn(path: ReadonlySet<string>, { metadata: { uid } }: KubeObject): boolean {
  return uid !== undefined && path.has(uid);
}

/** What was asked for first, then the worst pods. */
function ordered(children: readonly KubeObject[], path: ReadonlySet<string>): KubeObject[] {
  const sorted = children.every(({ kind }) => kind === 'Pod')
    ? worstPodsFirst(children)
    : [...children].sort((a, b) => Number(isIdle(a)) - Number(isIdle(b)));
  return sorted.sort((a, b) => Number(isOn(path, b)) - Number(isOn(path, a)));
}

function isIdle(object: KubeObject): boolean {
  return object.kind === 'ReplicaSet' && numberOf(at(object, 'spec', 'replicas')) === 0;
}

function healthOf(rest: readonly KubeObject[]): string {
  if (rest.some(({ kind }) => kind !== 'Pod')) return '';
  const bad = rest.filter((pod) => podTrouble(pod) > 0).length;
  return bad === 0 ? ', none in trouble' : `, ${bad} of them in trouble`;
}

/** Lists once what could be below the root, and answers who owns what from memory. */
async function reader(
  root: KubeObject,
  around: Surroundings,
): Promise<(node: KubeObject) => readonly KubeObject[]> {
  const { namespace } = root.metadata;
  const kinds = kindsBelow(root);
  if (namespace === undefined || kinds.length === 0) return () => [];
  const selector = selectorText(objectOf(at(root, 'spec', 'selector')));
  const query = selector === '' ? {} : { labelSelector: selector };
  const lists = await Promise.all(kinds.map((it) => around.list({ ...it, namespace }, query)));
  const all = lists.flat();
  return ({ metadata: { uid } }) => (uid === undefined ? [] : ownedBy(all, uid));
}

type ChildKind = (typeof OTHER_CHILD_KINDS)[number];

/** The kinds of children, and of their children. */
function kindsBelow(root: KubeObject): readonly ChildKind[] {
  const custom = isCustomGroup(groupOf(root.apiVersion));
  const found = new Map<string, ChildKind>();
  const visit = (kinds: readonly ChildKind[]): void => {
    for (const kind of kinds) {
      if (found.has(kind.kind)) continue;
      found.set(kind.kind, kind);
      visit(CHILD_KINDS[kind.kind] ?? []);
    }
  };
  visit(custom ? OTHER_CHILD_KINDS : (CHILD_KINDS[root.kind] ?? []));
  return [...found.values()];
}
