import { anyGlob, compileGlob, type Glob } from './glob.ts';
import { shortList } from './trace.ts';
import type { ReadQuestion, WriteQuestion } from './types.ts';
import { CLUSTER_SCOPED, CORE_GROUP, isControlTool } from './vocabulary.ts';

/** Which objects a rule or a protected entry speaks about, as written. */
export interface SelectorDocument {
  readonly kinds?: readonly string[] | undefined;
  readonly namespaces?: readonly string[] | undefined;
  readonly names?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/**
 * `all`: everything that is asked about is meant. `part`: some of it may be, as in a list over all
 * namespaces against a rule about one of them. `none`: with `why`, a clause for people.
 */
export type Selection =
  | { readonly of: 'all' }
  | { readonly of: 'part'; readonly narrow: string }
  | { readonly of: 'none'; readonly why: string };

export interface Selector {
  write(question: WriteQuestion, strictness: Strictness): Selection;
  read(question: ReadQuestion): Selection;
  /** True when it selects every object there is. */
  readonly everything: boolean;
}

/** `guarding` (protected, refuse) counts a Namespace object as part of the namespace it is. */
export type Strictness = 'opening' | 'guarding';

const ALL: Selection = { of: 'all' };

export function compileSelector(document: SelectorDocument): Selector {
  const kinds = limit(document.kinds)?.map(compileKind);
  const namespaces = document.namespaces && compileNamespaces(document.namespaces);
  const names = limit(document.names)?.map(compileGlob);
  const labels =
    document.labels &&
    Object.entries(document.labels).map(([key, value]) => [key, compileGlob(value)] as const);

  const kindOf = (group: string | undefined, kind: string): Selection => {
    const fits = kinds?.map((test) => test(group, kind)) ?? ['yes'];
    if (fits.includes('yes')) return ALL;
    if (fits.includes('maybe')) return { of: 'part', narrow: 'the API group' };
    const shown = group === undefined ? kind : `${kind}.${group || CORE_GROUP}`;
    return none(`kind ${shown} is not among ${shortList(document.kinds ?? [])}`);
  };
  const nameOf = (name: string): Selection =>
    !names || anyGlob(names, name)
      ? ALL
      : none(`name ${name} is not among ${shortList(document.names ?? [])}`);
  const namespaceOf = (namespace: string): Selection =>
    !namespaces || anyGlob(namespaces.globs, namespace)
      ? ALL
      : none(`namespace ${namespace} is not among ${shortList(document.namespaces ?? [])}`);
  const clusterScope = (): Selection =>
    !namespaces || namespaces.cluster
      ? ALL
      : none(`it is cluster-scoped, and namespaces lacks ${CLUSTER_SCOPED}`);
  const labelsOf = (actual: Readonly<Record<string, string>>): Selection => {
    const missing = labels?.find(([key, glob]) => {
      const value = Object.hasOwn(actual, key) ? actual[key] : undefined;
      return value === undefined || !glob(value);
    });
    return missing ? none(`label ${missing[0]} does not match`) : ALL;
  };

  return {
    everything: !kinds && !namespaces && !names && !labels,
    write(question, strictness) {
      const isNamespace = question.kind === 'Namespace' && question.group === '';
      const inNamespace = () => {
        if (question.namespace !== undefined) return namespaceOf(question.namespace);
        const cluster = clusterScope();
        if (strictness === 'opening' || !isNamespace || cluster.of === 'all') return cluster;
        return namespaceOf(question.name);
      };
      return narrowest([
        kindOf(question.group, question.kind),
        inNamespace(),
        nameOf(question.name),
        labelsOf(question.labels),
      ]);
    },
    read(question) {
      const control = isControlTool(question.tool);
      const kind = (): Selection => {
        if (question.kind !== undefined) return kindOf(question.group, question.kind);
        return kinds ? none('the call is not about a kind, and the rule is') : ALL;
      };
      const namespace = (): Selection => {
        if (!namespaces) return ALL;
        if (question.namespace !== undefined) return namespaceOf(question.namespace);
        if (control) return none('the call is not about a namespace, and the rule is');
        if (question.namespaced === false) return clusterScope();
        const whole = namespaces.every && (namespaces.cluster || question.namespaced === true);
        if (whole) return ALL;
        return namespaces.globs.length > 0 || question.namespaced === undefined
          ? { of: 'part', narrow: 'a namespace' }
          : none('the rule is about cluster-scoped objects only');
      };
      const name = (): Selection => {
        if (!names) return ALL;
        if (question.name !== undefined) return nameOf(question.name);
        if (control) return none('the call is not about a named object, and the rule is');
        return { of: 'part', narrow: 'the object' };
      };
      return narrowest([kind(), namespace(), name()]);
    },
  };
}

function narrowest(selections: readonly Selection[]): Selection {
  return (
    selections.find(({ of }) => of === 'none') ?? selections.find(({ of }) => of === 'part') ?? ALL
  );
}

function none(why: string): Selection {
  return { of: 'none', why };
}

/** A list with `*` limits nothing. */
function limit(globs: readonly string[] | undefined): readonly string[] | undefined {
  return globs?.includes('*') ? undefined : globs;
}

function compileNamespaces(documents: readonly string[]) {
  return {
    cluster: documents.includes(CLUSTER_SCOPED),
    every: documents.includes('*'),
    globs: documents.filter((text) => text !== CLUSTER_SCOPED).map(compileGlob),
  };
}

type KindTest = (group: string | undefined, kind: string) => 'yes' | 'maybe' | 'no';

function compileKind(text: string): KindTest {
  const { kind, group } = splitKind(text);
  const kindGlob = compileGlob(kind);
  const groupGlob: Glob | undefined =
    group === undefined ? undefined : compileGlob(group === CORE_GROUP ? '' : group);
  return (actualGroup, actualKind) => {
    if (!kindGlob(actualKind)) return 'no';
    if (!groupGlob) return 'yes';
    if (actualGroup === undefined) return 'maybe';
    return groupGlob(actualGroup) ? 'yes' : 'no';
  };
}

/** `Deployment.apps` and `apps/Deployment` → kind and group; kinds hold no dot, groups may. */
export function splitKind(text: string): { kind: string; group?: string } {
  const slash = text.indexOf('/');
  if (slash >= 0) return { group: text.slice(0, slash), kind: text.slice(slash + 1) };
  const dot = text.indexOf('.');
  if (dot < 0) return { kind: text };
  return { kind: text.slice(0, dot), group: text.slice(dot + 1) };
}
