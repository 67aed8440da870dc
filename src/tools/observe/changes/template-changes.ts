import {
  equalJson,
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
  stringOf,
} from '../../../core/json.ts';
import { shortText } from '../../render/untrusted.ts';
import { plain } from '../rollout/history.ts';

const RESTARTED = 'kubectl.kubernetes.io/restartedAt';
const SHOWN = 6;

/**
 * What differs between two pod templates, in words. Of images and resources it tells the values; of everything else,
 * variables above all, only that it changed, since values may be secret.
 */
export function templateChanges(before: JsonObject, after: JsonObject): string {
  const [from, to] = [plain(before), plain(after)];
  const specs = [objectOf(from.spec), objectOf(to.spec)] as const;
  const changes = [
    ...containerChanges('', specs, 'containers'),
    ...containerChanges('init ', specs, 'initContainers'),
    ...keysThatDiffer(...specs)
      .filter((key) => key !== 'containers' && key !== 'initContainers')
      .map((key) => `${key} changed`),
    ...metadataChanges(objectOf(from.metadata), objectOf(to.metadata)),
  ];
  if (changes.length === 0) return 'the same pod template';
  const more = changes.length - SHOWN;
  return `${changes.slice(0, SHOWN).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** Images of a template, for one that has nothing before it. */
export function imagesText(template: JsonObject): string {
  return objectsOf(objectOf(template.spec).containers)
    .map(({ name, image }) => shortText(`${name}: ${image ?? 'no image'}`, 200))
    .join(', ');
}

type Pair = readonly [before: JsonObject, after: JsonObject];

function containerChanges(word: string, [from, to]: Pair, list: string): string[] {
  const before = byName(from[list]);
  const after = byName(to[list]);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    const title = `${word}${shortText(name, 63)}`;
    if (old === undefined) return [`${title} added`];
    if (now === undefined) return [`${title} removed`];
    const said = keysThatDiffer(old, now).map((key) => fieldChange(key, old[key], now[key]));
    return said.length === 0 ? [] : [`${title}: ${said.join(', ')}`];
  });
}

function fieldChange(key: string, old: Json | undefined, now: Json | undefined): string {
  if (key === 'image') return `image ${word(old)} → ${word(now)}`;
  if (key === 'resources') return resourceChanges(objectOf(old), objectOf(now));
  if (key === 'env') return `env ${namesThatDiffer(byName(old), byName(now)).join(', ')}`;
  return `${key} ${old === undefined ? 'added' : now === undefined ? 'removed' : 'changed'}`;
}

function resourceChanges(old: JsonObject, now: JsonObject): string {
  const said = ['requests', 'limits'].flatMap((side) => {
    const [before, after] = [objectOf(old[side]), objectOf(now[side])];
    return keysThatDiffer(before, after).map(
      (key) => `${side}.${shortText(key, 40)} ${word(before[key])} → ${word(after[key])}`,
    );
  });
  return said.length === 0 ? 'resources changed' : said.join(', ');
}

function metadataChanges(from: JsonObject, to: JsonObject): string[] {
  return ['labels', 'annotations'].flatMap((part) => {
    const keys = keysThatDiffer(objectOf(from[part]), objectOf(to[part]));
    const others = keys.filter((key) => key !== RESTARTED);
    return [
      ...(keys.length > others.length ? ['restarted'] : []),
      ...(others.length > 0 ? [shortText(`${part} ${others.join(', ')}`, 120)] : []),
    ];
  });
}

function namesThatDiffer(old: Map<string, JsonObject>, now: Map<string, JsonObject>): string[] {
  const names = [...new Set([...old.keys(), ...now.keys()])].filter(
    (name) => !equalJson(old.get(name), now.get(name)),
  );
  if (names.length === 0) return ['reordered'];
  const more = names.length - 3;
  const shown = names.slice(0, 3).map((name) => {
    const how = old.has(name) ? (now.has(name) ? 'changed' : 'removed') : 'added';
    return `${shortText(name, 60)} ${how}`;
  });
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

function keysThatDiffer(old: JsonObject, now: JsonObject): string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (key) => !equalJson(old[key], now[key]),
  );
}

function byName(list: Json | undefined): Map<string, JsonObject> {
  return new Map(objectsOf(list).map((item) => [stringOf(item.name) ?? '', item]));
}

function word(value: Json | undefined): string {
  return value === undefined || value === null ? 'none' : shortText(String(value), 120);
}
