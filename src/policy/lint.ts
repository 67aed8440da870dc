import { readFileSync } from 'node:fs';
import { compilePolicy, couldOpen } from './compile.ts';
import { compileGlob } from './glob.ts';
import { loadPolicy, parsePolicy } from './load.ts';
import { nearest } from './near.ts';
import type { PolicyDocument } from './schema.ts';
import { compileSelector } from './selector.ts';
import { CLUSTER_SCOPED } from './vocabulary.ts';

/** What a policy's patterns may mean. Absent lists are not known, and nothing is said about them. */
export interface KnownNames {
  /** Names of the tools of this build. */
  readonly tools?: readonly string[];
  /** Ids of the predicates of severity. */
  readonly predicates?: readonly string[];
  /** What the cluster serves. */
  readonly kinds?: readonly { readonly group: string; readonly kind: string }[];
  readonly namespaces?: readonly string[];
}

/** A pattern of a valid policy that means nothing. */
export interface PolicyWarning {
  /** `rule scale-apps`, `protected/2`, `severity.weights`. */
  readonly where: string;
  readonly reason: string;
}

/** Patterns that match nothing that is known: mostly slips, and a protection that protects nothing. */
export function policyWarnings(document: PolicyDocument, known: KnownNames): PolicyWarning[] {
  const rules = document.rules.map((rule) => ({ where: `rule ${rule.id}`, ...rule }));
  const guards = document.protected.map((entry, i) => ({ where: `protected/${i + 1}`, ...entry }));
  return [
    ...shutOut(document),
    ...rules.flatMap(({ where, tools }) =>
      unmatched(where, 'tool', tools, known.tools, (it) => compileGlob(it)),
    ),
    ...[...rules, ...guards].flatMap(({ where, kinds = [], namespaces = [] }) => [
      ...unmatchedKinds(where, kinds, known.kinds),
      ...unmatched(
        where,
        'namespace',
        namespaces.filter((it) => it !== CLUSTER_SCOPED),
        known.namespaces,
        (it) => compileGlob(it),
      ),
    ]),
    ...unmatched(
      'severity.weights',
      'predicate',
      Object.keys(document.severity.weights),
      known.predicates,
      (it) => (name) => name === it,
    ),
  ];
}

const FOR_CHANGES = ['incident_open', 'incident_update', 'transaction_begin'];

/** Guided, and no rule opens what leads to a change: nothing can ever be changed. */
function shutOut(document: PolicyDocument): PolicyWarning[] {
  if (document.mode !== 'guided') return [];
  const compiled = compilePolicy(document);
  return FOR_CHANGES.filter((tool) => !couldOpen(compiled, tool)).map((tool) => ({
    where: 'mode guided',
    reason: `no rule opens ${tool}, so nothing can be changed`,
  }));
}

function unmatched(
  where: string,
  noun: string,
  patterns: readonly string[],
  names: readonly string[] | undefined,
  compile: (pattern: string) => (name: string) => boolean,
): PolicyWarning[] {
  if (names === undefined) return [];
  return patterns
    .filter((pattern) => !names.some(compile(pattern)))
    .map((pattern) => {
      const near = nearest(pattern, names);
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      return { where, reason: `${pattern} matches no ${noun}${hint}` };
    });
}

function unmatchedKinds(
  where: string,
  patterns: readonly string[],
  kinds: KnownNames['kinds'],
): PolicyWarning[] {
  if (kinds === undefined) return [];
  const matches = (pattern: string) => {
    const { read } = compileSelector({ kinds: [pattern] });
    return kinds.some((it) => read({ tool: 'observe_list', ...it }).of === 'all');
  };
  return patterns
    .filter((pattern) => !matches(pattern))
    .map((pattern) => ({ where, reason: `the cluster serves no kind that ${pattern} matches` }));
}

/** The document of a policy file or built-in policy. @throws StratusError policy_invalid. */
export function policyDocument(pathOrName: string): PolicyDocument {
  const { source } = loadPolicy(pathOrName);
  return parsePolicy(readFileSync(source), source);
}
