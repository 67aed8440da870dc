import { z } from 'zod';
import { describeRef, type KubeObject } from '../../core/kube.ts';
import { redactObject } from '../../core/redact.ts';
import { compact } from '../render/manifest.ts';
import { DATA_NOTE, shortText } from '../render/untrusted.ts';
import { defineObserveTool } from '../types.ts';
import {
  answerShape,
  kindArgument,
  nameArgument,
  namespaceArgument,
  noteShape,
} from './arguments.ts';
import { call } from './next-step.ts';
import { type Findings, findRelated } from './related/sections.ts';
import { createSurroundings } from './related/surroundings.ts';
import { familyTree, type Tree } from './related/tree.ts';
import { stateOf } from './state.ts';
import { choosePlace, readTarget } from './target.ts';

const NAME = 'observe_related';
const NOTES_SHOWN = 8;
const MOST = 200;

const entries = z.array(z.looseObject({})).optional();

export const observeRelated = defineObserveTool({
  name: NAME,
  title: 'Owners, traffic and users of an object',
  description: [
    'Use this to see what hangs together: the tree of owners and owned objects; Service to endpoints to pods, with why there are none; Ingress routes; what a workload or pod needs and whether it exists;',
    'which workloads use a ConfigMap, Secret, claim or ServiceAccount, and how; autoscalers and disruption budgets.',
  ].join(' '),
  effect: 'observe',
  input: z.strictObject({
    kind: kindArgument,
    name: nameArgument,
    namespace: namespaceArgument,
    limit: z.int().min(1).max(MOST).default(10).describe('Entries of each list, pods an owner.'),
  }),
  output: z.looseObject({
    ...answerShape,
    object: z.string(),
    state: z.string().optional(),
    tree: z.array(z.string()).optional(),
    problems: z.array(z.string()).optional(),
    services: entries,
    routes: entries,
    needs: entries,
    used_by: entries,
    related: entries,
    counts: z.record(z.string(), z.number()).optional(),
    truncated: z.boolean().optional(),
    ...noteShape,
  }),
  async run(args, context) {
    const place = await choosePlace(context, args);
    const { object: raw } = await readTarget(context, NAME, place, args.name);
    // Keys of a ConfigMap or Secret are looked at, values never shown.
    const object = redactObject(raw, context.policy.redaction);
    const around = createSurroundings(context, NAME);
    const [tree, found] = await Promise.all([
      familyTree(object, around, args.limit),
      findRelated(object, around, args.limit),
    ]);
    const subject = describeRef({ kind: object.kind, ...object.metadata });
    const cut = cutLists(tree, found);
    const notes = [...place.notes, ...around.notes].map((it) => shortText(it, 250));
    return {
      summary: summarise(subject, stateOf(object), tree, found, around.notes.size),
      object: subject,
      ...compact({
        state: stateOf(object),
        problems: found.problems.slice(0, args.limit).map((it) => shortText(it, 400)),
        // A family of one is no tree.
        tree: tree.lines.length > 1 ? tree.lines.map(shortLine) : [],
        ...Object.fromEntries(
          Object.entries(found.sections).map(([name, section]) => [name, [...section.entries]]),
        ),
        counts: countsOf(tree, found),
        truncated: cut.length > 0 ? true : undefined,
        notes:
          notes.length > NOTES_SHOWN
            ? [...notes.slice(0, NOTES_SHOWN), `and ${notes.length - NOTES_SHOWN} more notes`]
            : notes,
        next: nextOf(object, found, cut, args.limit),
        note: DATA_NOTE,
      }),
    };
  },
});

// The indentation says who owns whom.
function shortLine(line: string): string {
  const text = line.trimStart();
  return `${' '.repeat(line.length - text.length)}${shortText(text)}`;
}

/** The lists that hold less than there is. */
function cutLists(tree: Tree, { sections }: Findings): string[] {
  return [
    ...(tree.hidden > 0 ? ['tree'] : []),
    ...Object.entries(sections).flatMap(([name, { entries: shown, total }]) =>
      shown.length < total ? [name] : [],
    ),
  ];
}

function countsOf(tree: Tree, { sections }: Findings): Record<string, number> {
  return {
    ...(tree.total > 0 ? { tree: tree.total } : {}),
    ...Object.fromEntries(
      Object.entries(sections).flatMap(([name, { total }]) => (total > 0 ? [[name, total]] : [])),
    ),
  };
}

const WORDS: Readonly<Record<string, (count: number) => string>> = {
  services: (count) => (count === 1 ? 'one Service' : `${count} Services`),
  routes: (count) => (count === 1 ? 'one route' : `${count} routes`),
  needs: (count) => `needs ${count} ${count === 1 ? 'object' : 'objects'} by name`,
  used_by: (count) => `used by ${count}`,
};

function summarise(
  subject: string,
  state: string,
  tree: Tree,
  { sections, problems }: Findings,
  unseen: number,
): string {
  const facts = [
    tree.total > 0 && `a family of ${tree.total + 1}`,
    ...Object.entries(sections).map(([name, { total }]) => total > 0 && WORDS[name]?.(total)),
  ].filter(Boolean);
  const unused = sections.used_by?.total === 0 && unseen === 0;
  return [
    `${subject}${state ? `: ${state}` : ''}.`,
    facts.length > 0 && `${facts.join(', ').replace(/^./, (it) => it.toUpperCase())}.`,
    unused && 'Nothing here uses it.',
    ...problems.slice(0, 3).map((it) => shortText(it, 250)),
    unseen > 0 && 'Not everything could be seen: see notes.',
  ]
    .filter(Boolean)
    .join(' ');
}

function nextOf(
  object: KubeObject,
  { sections, problems }: Findings,
  cut: readonly string[],
  limit: number,
): string {
  const { kind, metadata } = object;
  const place = metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
  const same = { kind, name: metadata.name, ...place };
  if (cut.length > 0 && limit < MOST) {
    return `${call(NAME, { ...same, limit: MOST })} shows more of ${cut.join(', ')}.`;
  }
  if (cut.length > 0) {
    return `${call('observe_list', { kind: 'Pod', ...place })} with a label_selector pages through the rest.`;
  }
  const user = String(sections.used_by?.entries[0]?.user ?? '');
  const [userKind, userName] = user.split(SPACE);
  if (problems.length === 0 && userKind && userName) {
    return call('observe_describe', { kind: userKind, name: userName, ...place });
  }
  if (kind === 'Service') {
    const [entry] = sections.services?.entries ?? [];
    const [unready] = textsOf(entry?.not_ready);
    const pod = unready?.split(':')[0];
    if (pod) return call('observe_describe', { kind: 'Pod', name: pod, ...place });
    const [idle] = textsOf(entry?.would_match);
    const [idleKind, idleName] = (idle ?? '').split(SPACE);
    if (idleName) return call('observe_describe', { kind: idleKind, name: idleName, ...place });
    if (problems.length > 0) {
      const plan = { name: metadata.name, ...place, dry_run: true };
      return `mitigate_set_service ${JSON.stringify(plan)} with the right selector or ports plans the change, if the Service is what is wrong.`;
    }
  }
  return `${call('observe_describe', same)} shows conditions and events.`;
}

/** Between the kind and the name in `Deployment shop/cart`. */
const SPACE = / (?:[^/ ]+\/)?/;

function textsOf(list: unknown): string[] {
  return Array.isArray(list) ? list.map(String) : [];
}
