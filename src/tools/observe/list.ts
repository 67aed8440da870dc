import { z } from 'zod';
import type { TablePage } from '../../cluster/types.ts';
import { isCustomGroup } from '../../core/api-groups.ts';
import { isObject, type Json, objectOf } from '../../core/json.ts';
import { maskingOf } from '../../core/redact.ts';
import { scrubText } from '../../core/redact-text.ts';
import { decodeCursor, encodeCursor } from '../render/cursor.ts';
import { compact } from '../render/manifest.ts';
import { DATA_NOTE, shortText } from '../render/untrusted.ts';
import { defineObserveTool, type ObserveContext } from '../types.ts';
import { permit } from './access.ts';
import {
  allNamespacesArgument,
  answerShape,
  cursorArgument,
  kindArgument,
  labelSelectorArgument,
  limitArgument,
  namespaceArgument,
  noteShape,
  pagedShape,
} from './arguments.ts';
import { withNamespaceHelp } from './namespace-help.ts';
import { call } from './next-step.ts';
import { withSelectorHelp } from './selector-help.ts';
import { choosePlace, namespaceExists, type Place } from './target.ts';

const NAME = 'observe_list';

export const observeList = defineObserveTool({
  name: NAME,
  title: 'List objects',
  description: [
    'Use this to see which objects of a kind there are, with the columns that kubectl get prints.',
    'Any kind that the cluster serves, custom resources too; in one namespace or all; narrowed by labels and fields.',
    'Long lists come in pages: give cursor back for the next one, or narrow with a selector.',
  ].join(' '),
  effect: 'observe',
  input: z.strictObject({
    kind: kindArgument,
    namespace: namespaceArgument,
    all_namespaces: allNamespacesArgument,
    label_selector: labelSelectorArgument,
    field_selector: z
      .string()
      .max(1_000)
      .optional()
      .describe('Field selector, e.g. status.phase=Pending or spec.nodeName=node-1 for pods.'),
    detail: z
      .enum(['concise', 'detailed'])
      .default('concise')
      .describe('detailed adds the wide columns and the labels.'),
    limit: limitArgument(50, 500),
    cursor: cursorArgument,
  }),
  output: z.looseObject({
    ...answerShape,
    kind: z.string(),
    namespace: z.string().optional(),
    columns: z.array(z.string()),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
    ...pagedShape,
    ...noteShape,
  }),
  async run(args, context) {
    const place = await choosePlace(context, args);
    const { resource, namespace } = place;
    permit(context, { tool: NAME, resource, namespace });
    const query = {
      tool: NAME,
      resource: `${resource.plural}.${resource.group}`,
      namespace,
      labels: args.label_selector,
      fields: args.field_selector,
    };
    const token = args.cursor === undefined ? undefined : decodeCursor(args.cursor, query);
    const { kind, all_namespaces } = args;
    const page = await withNamespaceHelp(context, NAME, { kind, all_namespaces }, () =>
      withSelectorHelp(args, () =>
        context.reader.table(
          {
            resource,
            limit: args.limit,
            ...(namespace === undefined ? {} : { namespace }),
            ...(args.label_selector ? { labelSelector: args.label_selector } : {}),
            ...(args.field_selector ? { fieldSelector: args.field_selector } : {}),
            ...(token === undefined ? {} : { continueToken: token }),
          },
          { signal: context.signal },
        ),
      ),
    );
    const more = page.continueToken !== undefined;
    const notes = [...place.notes];
    if (page.rows.length === 0 && namespace !== undefined) {
      const exists = await namespaceExists(context, NAME, namespace);
      if (exists === false) notes.push(`Namespace ${namespace} doesn't exist.`);
    }
    return {
      summary: summarise(page, place),
      kind: `${resource.kind} (${resource.apiVersion})`,
      ...(namespace === undefined ? {} : { namespace }),
      ...showTable(page, args.detail === 'detailed', place, context),
      ...compact({
        ...(more ? { truncated: true } : {}),
        remaining: more ? page.remaining : undefined,
        cursor: page.continueToken && encodeCursor(page.continueToken, query),
        notes,
        next: nextOf(page, place),
        note: page.rows.length > 0 ? DATA_NOTE : undefined,
      }),
    };
  },
});

function showTable(page: TablePage, wide: boolean, place: Place, context: ObserveContext) {
  const kept = page.columns.flatMap((column, index) =>
    wide || column.priority === 0 ? [{ name: column.name.toUpperCase(), index }] : [],
  );
  const everywhere = place.resource.namespaced && place.namespace === undefined;
  const masking = maskingOf(context.policy.redaction);
  const custom = isCustomGroup(place.resource.group);
  return {
    columns: [
      ...(everywhere ? ['NAMESPACE'] : []),
      ...kept.map(({ name }) => name),
      ...(wide ? ['LABELS'] : []),
    ],
    rows: page.rows.map((row) => [
      ...(everywhere ? [row.namespace ?? ''] : []),
      ...kept.map(({ name, index }) => {
        const cell = showCell(row.cells[index]);
        if (typeof cell !== 'string' || name === 'NAME') return cell;
        // A custom resource chooses its columns itself.
        const hidden = custom && masking.matches(name);
        return hidden ? masking.mask(name, cell) : scrubText(cell, masking);
      }),
      ...(wide ? [labelText(objectOf(row.metadata.labels))] : []),
    ]),
  };
}

function showCell(cell: Json | undefined): string | number | boolean | null {
  if (cell === undefined || cell === null) return null;
  if (typeof cell === 'string') return shortText(cell, 200);
  if (typeof cell === 'number' || typeof cell === 'boolean') return cell;
  return shortText(
    isObject(cell) || Array.isArray(cell) ? JSON.stringify(cell) : String(cell),
    200,
  );
}

function labelText(labels: Record<string, unknown>): string {
  return shortText(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    500,
  );
}

function summarise(page: TablePage, { resource, namespace }: Place): string {
  const where = !resource.namespaced
    ? 'the cluster'
    : namespace === undefined
      ? 'all namespaces'
      : `namespace ${namespace}`;
  const { length } = page.rows;
  if (length === 0) return `No ${resource.plural} in ${where} match.`;
  const name = length === 1 ? resource.singular || resource.kind : resource.plural;
  if (page.continueToken === undefined) return `${length} ${name} in ${where}.`;
  const more =
    page.remaining === undefined ? 'and there are more' : `${page.remaining} more follow`;
  return `${length} ${name} in ${where} are shown, ${more}.`;
}

function nextOf(page: TablePage, { resource, namespace }: Place): string | undefined {
  if (page.continueToken !== undefined) {
    return 'Repeat the call with this cursor for the next page, or narrow it with label_selector or field_selector.';
  }
  const first = page.rows[0];
  if (!first) {
    return resource.namespaced && namespace !== undefined
      ? call(NAME, { kind: resource.kind, all_namespaces: true })
      : undefined;
  }
  return `${call('observe_describe', {
    kind: resource.kind,
    name: first.name,
    ...(first.namespace ? { namespace: first.namespace } : {}),
  })} shows one of them with its surroundings.`;
}
