import { isCustomGroup } from './api-groups.ts';
import { isObject, type Json, type JsonObject, objectOf, stringOf } from './json.ts';
import { groupOf, type KubeObject } from './kube.ts';
import { scrubShapes } from './redact-shapes.ts';
import {
  isReference,
  type Masking,
  nameMatcher,
  type RedactionRules,
  redactionMark,
  scrubText,
} from './redact-text.ts';

/**
 * A copy of the object that may be shown. Masked: the values of Secrets, of env variables and
 * ConfigMap keys whose names match the rules, of fields with such names in custom resources,
 * credentials in commands, arguments, annotations and messages. Dropped: last-applied annotations,
 * which repeat the whole object. Keys, lengths and everything else stay.
 */
export function redactObject(object: KubeObject, rules: RedactionRules): KubeObject {
  return maskKubeObject(object, maskingOf(rules)) as KubeObject;
}

/**
 * Redacts two states of one object so that a diff still tells which hidden values differ: in
 * `after`, a value that `before` didn't have under that name is marked as changed.
 */
export function redactPair(
  before: KubeObject | undefined,
  after: KubeObject | undefined,
  rules: RedactionRules,
): { before: KubeObject | undefined; after: KubeObject | undefined } {
  const matches = nameMatcher(rules);
  const seen = new Set<string>();
  const id = (name: string, value: string) => `${name}\0${value}`;
  const first: Masking = {
    matches,
    mask: (name, value, bytes) => {
      seen.add(id(name, value));
      return redactionMark(bytes ?? Buffer.byteLength(value));
    },
  };
  const second: Masking = {
    matches,
    mask: (name, value, bytes) =>
      redactionMark(
        bytes ?? Buffer.byteLength(value),
        before === undefined || seen.has(id(name, value)) ? undefined : 'changed',
      ),
  };
  return {
    before: before && (maskKubeObject(before, first) as KubeObject),
    after: after && (maskKubeObject(after, second) as KubeObject),
  };
}

/** The masking of one redaction. */
export function maskingOf(rules: RedactionRules): Masking {
  return {
    matches: nameMatcher(rules),
    mask: (_name, value, bytes) => redactionMark(bytes ?? Buffer.byteLength(value)),
  };
}

/** Free text of the cluster (a log, an event's message) with the credentials in it masked. */
export function redactText(text: string, rules: RedactionRules): string {
  return scrubText(text, maskingOf(rules));
}

/** For a manifest of any shape, also a List or one that isn't complete. */
export function maskKubeObject(value: JsonObject, masking: Masking): JsonObject {
  const { apiVersion, kind } = value;
  // Of what doesn't say properly what it is, nothing is known either.
  const known = typeof apiVersion === 'string' && typeof kind === 'string';
  const custom = !known || isCustomGroup(groupOf(apiVersion));
  return maskObject(value, { masking, custom });
}

interface Walk {
  readonly masking: Masking;
  /** Inside a custom resource, whose fields we don't know: names decide. */
  readonly custom: boolean;
}

function maskObject(object: JsonObject, walk: Walk): JsonObject {
  const kind = stringOf(object.kind);
  if (kind === 'Secret') return maskSecret(object, walk);
  const out: JsonObject = {};
  const named = stringOf(object.name);
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    if (kind === 'ConfigMap' && (key === 'data' || key === 'binaryData')) {
      out[key] = maskConfigMapData(value, key === 'binaryData', walk);
    } else if (key === 'stringData') {
      // Only Secrets have it: the kind is mistyped, and the values are what they were meant to be.
      out[key] = hideLeaves(key, value, walk.masking);
    } else if (key === 'data' && kind !== 'ControllerRevision') {
      out[key] = maskField(key, value, { ...walk, custom: true }) ?? null;
    } else if (key === 'value' && named !== undefined && typeof value === 'string') {
      // An env variable, an HTTP header of a probe, a parameter of a custom resource.
      out[key] = maskNamed(named, value, walk);
    } else {
      const shown = maskField(key, value, walk);
      if (shown !== undefined) out[key] = shown;
    }
  }
  return out;
}

/** Every value under a field that is secret as a whole. */
export function hideLeaves(key: string, value: Json, masking: Masking): Json {
  if (Array.isArray(value)) return value.map((item) => hideLeaves(key, item, masking));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name,
        item === undefined ? item : hideLeaves(name, item, masking),
      ]),
    );
  }
  return value === null ? value : masking.mask(key, String(value));
}

function maskField(key: string, value: Json, walk: Walk): Json | undefined {
  const { masking } = walk;
  if (key === 'annotations' && isObject(value)) return maskAnnotations(value, walk);
  if (Array.isArray(value)) {
    if (key === 'args' || key === 'command') return maskArguments(value, walk);
    return value.map((item) => maskField('', item, walk) ?? null);
  }
  if (isObject(value)) return maskObject(value, walk);
  if (typeof value !== 'string') return value;
  if (walk.custom && masking.matches(key) && !namesSomething(key)) return masking.mask(key, value);
  // A custom resource may hold whole configuration files.
  const free = walk.custom || key === 'message';
  return free ? scrubText(value, masking) : scrubShapes(value, masking);
}

function maskNamed(name: string, value: string, { masking }: Walk): string {
  if (value === '' || isReference(value)) return value;
  return masking.matches(name) ? masking.mask(name, value) : scrubText(value, masking);
}

/** `secretName`, `tokenFile`, `credentialsSecretRef`: they say where a secret is, not what it is. */
export function namesSomething(key: string): boolean {
  return /(name|namespace|ref|path|file|mode|type|policy|enabled)s?$/i.test(key);
}

const APPLIED = /last-applied(-configuration)?$/;

function maskAnnotations(annotations: JsonObject, { masking }: Walk): JsonObject | undefined {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(annotations)) {
    if (APPLIED.test(key) || typeof value !== 'string') continue;
    const hidden = masking.matches(key) && !namesSomething(key);
    out[key] = hidden ? masking.mask(key, value) : scrubText(value, masking);
  }
  return Object.keys(out).length > 0 ? out : undefined;
}

function maskArguments(words: readonly Json[], { masking }: Walk): Json[] {
  let flag: string | undefined;
  return words.map((word) => {
    if (typeof word !== 'string') return word;
    const before = flag;
    flag = /^--?[A-Za-z][\w-]*$/.test(word) ? word : undefined;
    if (before !== undefined && flag === undefined && masking.matches(before)) {
      return isReference(word) ? word : masking.mask(before, word);
    }
    // Some flags say only together with their value what it is: `-u`, `user:password`.
    if (before === undefined || flag !== undefined) return scrubText(word, masking);
    return scrubText(`${before} ${word}`, masking).slice(before.length + 1);
  });
}

function maskConfigMapData(data: Json, binary: boolean, { masking }: Walk): Json {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(objectOf(data))) {
    if (typeof value !== 'string') continue;
    if (binary) out[key] = masking.mask(key, value, Buffer.from(value, 'base64').length);
    else out[key] = masking.matches(key) ? masking.mask(key, value) : scrubText(value, masking);
  }
  return out;
}

// Shorter values turn up inside innocent words.
const SHORTEST_TRACE = 4;
const IDENTITY = new Set(['apiVersion', 'name', 'namespace', 'uid', 'resourceVersion']);

function maskSecret(secret: JsonObject, walk: Walk): JsonObject {
  const values = new Set<string>();
  const remember = (value: string) => {
    if (value.length >= SHORTEST_TRACE) values.add(value);
  };
  const hide = (data: Json | undefined, encoded: boolean): Json => {
    if (typeof data === 'string') return walk.masking.mask('', data);
    const out: JsonObject = {};
    for (const [key, value] of Object.entries(objectOf(data))) {
      const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
      const plain = encoded ? Buffer.from(text, 'base64') : Buffer.from(text);
      for (const trace of [text, plain.toString(), plain.toString('base64')]) remember(trace);
      out[key] = walk.masking.mask(key, text, plain.length);
    }
    return out;
  };
  const hidden: JsonObject = {};
  if (secret.data !== undefined) hidden.data = hide(secret.data, true);
  if (secret.stringData !== undefined) hidden.stringData = hide(secret.stringData, false);
  const { data: _data, stringData: _stringData, kind, ...rest } = secret;
  const { kind: _shown, ...shown } = maskObject({ ...rest, kind: 'secret' }, walk);
  const safe = maskTraces(shown, values, walk);
  return { apiVersion: secret.apiVersion, kind, ...objectOf(safe), ...hidden };
}

/** Masks what repeats a value of the Secret elsewhere in it, and annotations that hold a document. */
function maskTraces(value: Json, values: ReadonlySet<string>, walk: Walk, key = ''): Json {
  if (Array.isArray(value)) return value.map((item) => maskTraces(item, values, walk));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name,
        item === undefined ? item : maskTraces(item, values, walk, name),
      ]),
    );
  }
  if (typeof value !== 'string' || IDENTITY.has(key)) return value;
  const repeats = [...values].some((trace) => value.includes(trace));
  return repeats || /^\s*[[{]/.test(value) ? walk.masking.mask(key, value) : value;
}
