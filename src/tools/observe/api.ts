import { z } from 'zod';
import type { ResourceInfo } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { pageByAnchor } from '../render/cursor.ts';
import { compact } from '../render/manifest.ts';
import { DATA_NOTE } from '../render/untrusted.ts';
import { defineObserveTool, type ObserveContext } from '../types.ts';
import { permit } from './access.ts';
import { accessIn, verbsOn } from './api/access.ts';
import { factsOf, fieldRows, findField } from './api/explain.ts';
import { schemaBook } from './api/schema.ts';
import {
  answerShape,
  cursorArgument,
  limitArgument,
  namespaceArgument,
  noteShape,
  pagedShape,
} from './arguments.ts';
import { call } from './next-step.ts';
import { resolveKind } from './target.ts';

const NAME = 'observe_api';
/** Names of resources in the account of permissions; a filter brings up the rest. */
const MOST_ALLOWED = 200;

export const observeApi = defineObserveTool({
  name: NAME,
  title: 'API resources, field documentation, permissions',
  description: [
    'Use this to look up what the cluster serves, how a field is written, and what this server may do.',
    'Without kind: the API resources and the permissions in the namespace. With kind: its documentation and fields, of custom resources too; field goes deeper.',
  ].join(' '),
  effect: 'observe',
  input: z.strictObject({
    kind: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Kind, plural, short name or plural.group.'),
    field: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('Path of a field, e.g. spec.template.spec.containers.livenessProbe.'),
    namespace: namespaceArgument,
    filter: z.string().min(1).max(100).optional().describe('Only names that contain this.'),
    limit: limitArgument(50, 200),
    cursor: cursorArgument,
  }),
  output: z.looseObject({
    ...answerShape,
    resources: z.array(z.looseObject({})).optional(),
    may: z.array(z.looseObject({})).optional(),
    may_not: z.array(z.string()).optional(),
    kind: z.string().optional(),
    field: z.string().optional(),
    fields: z.array(z.looseObject({})).optional(),
    ...pagedShape,
    ...noteShape,
  }),
  async run(args, context) {
    const namespace = args.namespace ?? context.reader.defaultNamespace;
    permit(context, { tool: NAME, namespace });
    if (args.kind !== undefined) return explain(context, { ...args, kind: args.kind, namespace });
    if (args.field === undefined) return overview(context, { ...args, namespace });
    throw new StratusError('invalid_arguments', 'field was given without a kind to find it in.', {
      next: `Name the kind too: ${call(NAME, { kind: 'Deployment', field: args.field })}.`,
    });
  },
});

interface Request {
  readonly namespace: string;
  readonly filter?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

async function overview(context: ObserveContext, args: Request) {
  const { namespace } = args;
  const catalogue = await context.reader.resources({ signal: context.signal });
  const found = catalogue.all.filter((it) => wordsOf(it).some((word) => contains(word, args)));
  const page = pageByAnchor(found, (it) => ({ rank: 0, id: nameOf(it) }), {
    ...args,
    query: { tool: NAME, filter: args.filter },
  });
  const first = args.cursor === undefined;
  const access = first
    ? await accessIn(context, namespace, (it) => it.startsWith('*') || contains(it, args))
    : undefined;
  const { may, cut } = bounded(access?.may ?? []);
  const failed = catalogue.failedGroups;
  const many = `${found.length} of ${catalogue.all.length} API resources`;
  return compact({
    summary: `${args.filter === undefined ? `${found.length} API resources` : many}${first ? `; may tells what this server's identity may do in namespace ${namespace}` : ''}.`,
    resources: page.items.map(resourceRow),
    may,
    may_not: [...(access?.mayNot ?? [])],
    ...(page.cursor ? { truncated: true, remaining: page.remaining, cursor: page.cursor } : {}),
    notes: [
      ...(access?.notes ?? []),
      ...(cut > 0 ? [`${cut} more resources are allowed; filter shows them.`] : []),
      ...(failed.length > 0
        ? [`Discovery failed for ${failed.join(', ')}: more may be served.`]
        : []),
    ],
    next: page.items[0] && `${call(NAME, { kind: nameOf(page.items[0]) })} explains its fields.`,
    note: DATA_NOTE,
  });
}

async function explain(
  context: ObserveContext,
  args: Request & { readonly kind: string; readonly field?: string | undefined },
) {
  const resource = await resolveKind(context, args.kind);
  const { reader, signal } = context;
  const { group, version } = resource;
  const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
  const book = schemaBook(await reader.openapi(path, { signal }));
  const root = book.ofKind(resource);
  if (root === undefined) {
    throw new StratusError(
      'cluster_error',
      `The API server's OpenAPI document ${path} doesn't describe ${resource.kind}.`,
      { next: `${call('observe_list', { kind: nameOf(resource) })} shows the objects themselves.` },
    );
  }
  const explained = findField(root, args.field, resource, book);
  const rows = fieldRows(explained, book).filter((row) => contains(row.name, args));
  const page = pageByAnchor(rows, (row) => ({ rank: row.required ? 1 : 0, id: row.name }), {
    ...args,
    query: { tool: NAME, kind: nameOf(resource), field: explained.path, filter: args.filter },
  });
  const whole = explained.path === '';
  const where = resource.namespaced ? args.namespace : undefined;
  const access =
    whole && args.cursor === undefined ? await verbsOn(context, resource, where) : undefined;
  const facts = factsOf(explained, book);
  const what = whole ? resource.kind : `${explained.path} of ${resource.kind}`;
  const deeper = page.items.find(({ type }) => /[A-Z]|object/.test(type)) ?? page.items[0];
  return compact({
    summary: `${what} (${resource.apiVersion}): ${facts.type}, ${rows.length} fields.${told(access, where)}`,
    kind: `${resource.kind} (${resource.apiVersion})`,
    field: explained.path,
    ...facts,
    fields: page.items.map((row) => compact({ ...row, required: row.required || undefined })),
    may: access && [{ verbs: access.may.join(', '), resources: [nameOf(resource)] }],
    may_not: access?.mayNot,
    ...(page.cursor ? { truncated: true, remaining: page.remaining, cursor: page.cursor } : {}),
    next:
      deeper &&
      `${call(NAME, { kind: nameOf(resource), field: whole ? deeper.name : `${explained.path}.${deeper.name}` })} goes deeper.`,
    note: DATA_NOTE,
  });
}

function told(access: { may: string[] } | undefined, namespace: string | undefined): string {
  if (access === undefined) return '';
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  return ` This server may ${access.may.join(', ') || 'do nothing with it'}${where}.`;
}

function bounded(may: readonly { verbs: string; resources: readonly string[] }[]) {
  let left = MOST_ALLOWED;
  let cut = 0;
  const kept = may.flatMap(({ verbs, resources }) => {
    const shown = resources.slice(0, left);
    left -= shown.length;
    cut += resources.length - shown.length;
    return shown.length > 0 ? [{ verbs, resources: shown }] : [];
  });
  return { may: kept, cut };
}

function resourceRow(info: ResourceInfo) {
  return compact({
    resource: nameOf(info),
    kind: info.kind,
    api_version: info.apiVersion,
    short_names: [...info.shortNames],
    namespaced: info.namespaced,
    verbs: info.verbs.join(','),
  });
}

const nameOf = ({ plural, group }: ResourceInfo) => (group === '' ? plural : `${plural}.${group}`);

const wordsOf = (it: ResourceInfo) => [nameOf(it), it.kind, ...it.shortNames];

function contains(word: string, { filter }: { readonly filter?: string | undefined }): boolean {
  return filter === undefined || word.toLowerCase().includes(filter.toLowerCase());
}
