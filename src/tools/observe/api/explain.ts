import type { ResourceInfo } from '../../../cluster/types.ts';
import { StratusError } from '../../../core/errors.ts';
import {
  arrayOf,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
  ownValue,
  stringOf,
} from '../../../core/json.ts';
import { compact, parseFieldPath } from '../../render/manifest.ts';
import { nearNames } from '../../render/near-names.ts';
import { shortText } from '../../render/untrusted.ts';
import { call } from '../next-step.ts';
import { fieldsOf, insideOf, type SchemaBook, typeOf } from './schema.ts';

/** A field (or the kind itself), and the schema that documents it. */
export interface Explained {
  /** Canonical path, without list indexes; empty for the kind itself. */
  readonly path: string;
  readonly schema: JsonObject;
  readonly required: boolean;
}

/**
 * Follows a field path through the schema: lists are entered by themselves, a map takes any key.
 * @throws StratusError invalid_arguments with the names near a field that isn't there.
 */
export function findField(
  root: JsonObject,
  field: string | undefined,
  resource: ResourceInfo,
  book: SchemaBook,
): Explained {
  const keys = field === undefined ? [] : keysOf(field, resource);
  let here: Explained = { path: '', schema: book.resolve(root), required: true };
  for (const key of keys) here = step(here, key, resource, book);
  return here;
}

function step(from: Explained, key: string, resource: ResourceInfo, book: SchemaBook): Explained {
  let { schema } = from;
  for (let lists = 0; schema.type === 'array' && lists < 8; lists += 1) {
    schema = book.resolve(schema.items);
  }
  const path = from.path === '' ? key : `${from.path}.${key}`;
  const property = ownValue(fieldsOf(schema), key);
  if (property !== undefined) {
    const required = arrayOf(schema.required).includes(key);
    return { path, schema: book.resolve(property), required };
  }
  if (isObject(schema.additionalProperties)) {
    return { path, schema: book.resolve(schema.additionalProperties), required: false };
  }
  throw unknownField(from, key, schema, resource);
}

function unknownField(
  from: Explained,
  key: string,
  schema: JsonObject,
  resource: ResourceInfo,
): StratusError {
  const names = Object.keys(fieldsOf(schema));
  const near = nearNames(key, names);
  const where = from.path === '' ? resource.kind : `${from.path} of ${resource.kind}`;
  const meant = near.length > 0 ? ` Did you mean ${near.join(', ')}?` : '';
  const told =
    names.length > 0
      ? `It has ${names.slice(0, 30).join(', ')}${names.length > 30 ? ', …' : ''}.`
      : isOpen(schema)
        ? 'It takes any fields, and none of them is documented.'
        : 'It has no fields.';
  const place = from.path === '' ? {} : { field: from.path };
  return new StratusError(
    'invalid_arguments',
    shortText(`${where} has no field "${key}".${meant} ${told}`, 1_500),
    {
      next: `${call('observe_api', { kind: resource.kind, ...place })} explains the fields there.`,
      ...(near.length > 0 ? { details: { did_you_mean: near } } : {}),
    },
  );
}

function keysOf(field: string, resource: ResourceInfo): string[] {
  const path = parseFieldPath(field.replace(/\[\*?\]/g, ''));
  if (path === undefined) {
    throw new StratusError('invalid_arguments', 'field is not a path.', {
      next: 'Write it as spec.template.spec.containers.livenessProbe.',
    });
  }
  // kubectl explain begins with the resource.
  const words = [resource.kind, resource.plural, resource.singular].map((it) => it.toLowerCase());
  const [first] = path;
  const named = typeof first === 'string' && path.length > 1 && words.includes(first.toLowerCase());
  return path.slice(named ? 1 : 0).flatMap((key) => (typeof key === 'string' ? [key] : []));
}

const isOpen = (schema: JsonObject) =>
  schema['x-kubernetes-preserve-unknown-fields'] === true || schema.type === undefined;

/** One line about each field inside. */
export function fieldRows(explained: Explained, book: SchemaBook): FieldRow[] {
  const inside = insideOf(explained.schema, book);
  const required = arrayOf(inside.required);
  return Object.entries(fieldsOf(inside)).map(([name, property]) => {
    const schema = book.resolve(property);
    return {
      name: shortText(name, 100),
      type: typeOf(schema, book),
      required: required.includes(name),
      description: firstSentence(stringOf(schema.description) ?? ''),
    };
  });
}

export interface FieldRow {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

/** What the schema says of the field itself, in full. */
export function factsOf({ schema, required, path }: Explained, book: SchemaBook) {
  const inside = insideOf(schema, book);
  const text = (value: Json | undefined) =>
    value === undefined ? undefined : shortText(JSON.stringify(value), 200);
  return compact({
    type: typeOf(schema, book),
    required: path !== '' && required ? true : undefined,
    description: shortText(
      stringOf(schema.description) ?? stringOf(inside.description) ?? '',
      1_500,
    ),
    enum: arrayOf(inside.enum)
      .slice(0, 50)
      .map((it) => shortText(String(it), 100)),
    default:
      isObject(schema.default) && Object.keys(schema.default).length === 0
        ? undefined
        : text(schema.default),
    minimum: text(inside.minimum),
    maximum: text(inside.maximum),
    pattern: text(inside.pattern),
    list_keys: arrayOf(schema['x-kubernetes-list-map-keys']).map(String),
    rules: objectsOf(inside['x-kubernetes-validations'])
      .slice(0, 20)
      .map((it) => shortText(stringOf(it.message) ?? stringOf(it.rule) ?? '', 200)),
    open: isOpen(inside) ? 'takes any fields; they are not documented' : undefined,
  });
}

/** Up to the first full stop that ends a sentence, on one plain line. */
export function firstSentence(description: string): string {
  const text = shortText(description, 2_000);
  const end = /[.!?](?=\s+[A-Z"'`(]|\s*$)/.exec(text);
  return shortText(end ? text.slice(0, end.index + 1) : text, 160);
}
