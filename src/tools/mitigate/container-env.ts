import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { equalJson, type JsonObject, objectOf, objectsOf } from '../../core/json.ts';
import type { ObjectRef } from '../../core/kube.ts';
import { redactText } from '../../core/redact.ts';
import { DEFAULT_REDACTION, nameMatcher } from '../../core/redact-text.ts';
import { type ContainerPart, containerCommand } from './container-change.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';

const keyOf = z.strictObject({ name: z.string(), key: z.string() });

const variable = z.strictObject({
  name: z.string().regex(/^[^=\s]+$/, 'is not the name of a variable'),
  value: z.string().optional().describe('Never a secret.'),
  config_map: keyOf.optional(),
  secret: keyOf.optional(),
});
type Variable = z.output<typeof variable>;

export const envArgument = z.strictObject({
  set: z.array(variable).default([]),
  unset: z.array(z.string()).default([]).describe('Names to remove.'),
});

export const envChange: ContainerPart<z.output<typeof envArgument>> = (asked, site) => {
  const { container, object } = site;
  refuseContradictions(asked.set, asked.unset);
  const now = new Map(objectsOf(container.spec.env).map((entry) => [entry.name, entry]));
  const set = asked.set.filter((item) => !holds(now.get(item.name), item));
  const unset = asked.unset.filter((name) => now.has(name));
  if (set.length + unset.length === 0) return undefined;
  const words = [
    ...(set.length > 0 ? [`set ${set.map(({ name }) => name).join(', ')}`] : []),
    ...(unset.length > 0 ? [`remove ${unset.join(', ')}`] : []),
  ];
  const fields = {
    env: [
      ...set.map((item) => entryPatch(item, now.get(item.name))),
      ...unset.map((name) => ({ name, $patch: 'delete' })),
    ],
  };
  return {
    fields,
    summary: `${words.join(' and ')} in the environment of container ${container.name}`,
    // `kubectl set env` can't point a variable of any name at one key.
    kubectl: set.some(({ value }) => value === undefined)
      ? containerCommand(site, fields)
      : command(object, container.name, set, unset),
  };
};

function refuseContradictions(set: readonly Variable[], unset: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of [...set.map((item) => item.name), ...unset]) {
    if (seen.has(name)) {
      throw new StratusError('invalid_arguments', `The variable ${name} is named twice.`);
    }
    seen.add(name);
  }
  if (seen.size === 0) {
    throw new StratusError('invalid_arguments', 'There is no variable to set or to unset.');
  }
  for (const item of set) {
    const sources = [item.value, item.config_map, item.secret].filter((from) => from !== undefined);
    if (sources.length !== 1) {
      throw new StratusError(
        'invalid_arguments',
        `The variable ${item.name} needs exactly one of value, config_map and secret.`,
      );
    }
  }
}

function sourceOf(item: Variable): JsonObject {
  if (item.config_map !== undefined) return { valueFrom: { configMapKeyRef: item.config_map } };
  if (item.secret !== undefined) return { valueFrom: { secretKeyRef: item.secret } };
  return { value: item.value ?? '' };
}

function holds(entry: JsonObject | undefined, item: Variable): boolean {
  if (entry === undefined) return false;
  const { name: _, ...source } = entry;
  // The API server leaves an empty value out.
  const normal = source.value === undefined && !source.valueFrom ? { value: '' } : source;
  return equalJson(normal, sourceOf(item));
}

// Entries merge by name, so the other kind of source has to be removed explicitly.
function entryPatch(item: Variable, before: JsonObject | undefined): JsonObject {
  const source = sourceOf(item);
  if (source.valueFrom === undefined) {
    return { name: item.name, ...source, ...(before?.valueFrom ? { valueFrom: null } : {}) };
  }
  const wanted = objectOf(source.valueFrom);
  const gone = Object.keys(objectOf(before?.valueFrom)).filter((key) => !(key in wanted));
  return {
    name: item.name,
    ...(before?.value === undefined ? {} : { value: null }),
    valueFrom: { ...wanted, ...Object.fromEntries(gone.map((key) => [key, null])) },
  };
}

// The command is journaled and shown, so values whose names look like secrets stay out of it.
function command(
  object: ObjectRef,
  container: string,
  set: readonly Variable[],
  unset: readonly string[],
): string {
  const hidden = nameMatcher(DEFAULT_REDACTION);
  const words = set.map(
    ({ name, value = '' }) =>
      `${name}=${hidden(name) ? '<hidden>' : redactText(value, DEFAULT_REDACTION)}`,
  );
  return kubectl(
    'set',
    'env',
    kubectlName(object),
    namespaceFlag(object),
    `--containers=${container}`,
    ...words,
    ...unset.map((name) => `${name}-`),
  );
}
