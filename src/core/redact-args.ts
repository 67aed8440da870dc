import { parseAllDocuments, stringify } from 'yaml';
import { isObject, type Json, type JsonObject, stringOf } from './json.ts';
import { hideLeaves, maskingOf, maskKubeObject, namesSomething } from './redact.ts';
import {
  DEFAULT_REDACTION,
  isReference,
  type Masking,
  type RedactionRules,
  scrubText,
} from './redact-text.ts';

/**
 * A copy of a tool's arguments that may be written into the audit log: manifests are redacted like
 * objects, everything that is written into a Secret is masked, as are values under names that match
 * the rules and credentials inside text.
 */
export function redactArgs(
  args: JsonObject,
  rules: RedactionRules = DEFAULT_REDACTION,
): JsonObject {
  const masking = maskingOf(rules);
  const secret = [args.kind, args.resource, args.object, args.target].some(
    (word) => typeof word === 'string' && /^(v1[/ ])?secrets?([./ ]|$)/i.test(word),
  );
  return maskEntries(args, { masking, secret });
}

interface Walk {
  readonly masking: Masking;
  /** The call is about a Secret: whatever isn't known to be harmless is hidden. */
  readonly secret: boolean;
}

// What identifies an object or a change, and tells nothing about a value.
const HARMLESS = new Set([
  'apiVersion',
  'kind',
  'resource',
  'object',
  'target',
  'name',
  'namespace',
  'transaction',
  'transaction_id',
  'reason',
  'type',
  'patch_type',
  'op',
  'path',
  'from',
  'labels',
  'label_selector',
  'field_selector',
  'fields',
  'format',
  'detail',
]);

function maskEntries(object: JsonObject, walk: Walk): JsonObject {
  if (typeof object.kind === 'string' && typeof object.apiVersion === 'string') {
    return maskKubeObject(object, walk.masking);
  }
  const operation = typeof object.op === 'string' ? stringOf(object.path) : undefined;
  const named = stringOf(object.name);
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    if (key === 'value' && operation !== undefined) {
      out[key] = maskOperation(operation, value, walk);
    } else if (key === 'value' && named !== undefined && typeof value === 'string') {
      out[key] = maskVariable(named, value, walk);
    } else if (key === 'env' && isObject(value)) {
      out[key] = maskVariables(value, walk);
    } else if (key === 'stringData') {
      out[key] = hideLeaves(key, value, walk.masking);
    } else {
      out[key] = maskUnder(key, value, walk);
    }
  }
  return out;
}

/** Env variables as a map, or what is set and unset of them, each with its name. Unlike fields, none is let through because its name ends in `_FILE`. */
function maskVariables(env: JsonObject, walk: Walk): JsonObject {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      typeof value === 'string' ? maskVariable(name, value, walk) : maskInner(name, value, walk),
    ]),
  );
}

function maskInner(name: string, value: Json | undefined, walk: Walk): Json {
  return value === undefined ? null : maskUnder(name, value, walk);
}

function maskVariable(name: string, value: string, { masking, secret }: Walk): string {
  if (value === '' || isReference(value)) return value;
  return secret || masking.matches(name) ? masking.mask(name, value) : scrubText(value, masking);
}

function maskUnder(key: string, value: Json, walk: Walk): Json {
  const { masking } = walk;
  if (walk.secret && HARMLESS.has(key)) {
    // The only one of them that is free text.
    return key === 'reason' && typeof value === 'string' ? scrubText(value, masking) : value;
  }
  if (Array.isArray(value)) return value.map((item) => maskUnder(key, item, walk));
  if (isObject(value)) return maskEntries(value, walk);
  if (typeof value !== 'string' || value === '' || isReference(value)) return value;
  const document = looksLikeDocument(value) ? maskDocument(value, walk) : undefined;
  if (document !== undefined) return document;
  if (walk.secret) return masking.mask(key, value);
  return masking.matches(key) && !namesSomething(key)
    ? masking.mask(key, value)
    : scrubText(value, masking);
}

/** The value of a JSON Patch operation: its path says what it is. */
function maskOperation(path: string, value: Json, walk: Walk): Json {
  const last = path
    .slice(path.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  const hidden =
    /\/env\/\d+\/value$/.test(path) ||
    path.startsWith('/stringData') ||
    (walk.secret && path.startsWith('/data')) ||
    (walk.masking.matches(last) && !namesSomething(last));
  return hidden ? hideLeaves(last, value, walk.masking) : maskUnder(last, value, walk);
}

function looksLikeDocument(text: string): boolean {
  return (
    /^\s*[{[]/.test(text) || /^\s*["']?(kind|apiVersion|data|stringData|spec)["']?\s*:/m.test(text)
  );
}

/** A manifest or a patch given as text. What can't be read might hold anything, so it's hidden. */
function maskDocument(text: string, walk: Walk): string {
  try {
    const documents = parseAllDocuments(text, { strict: false });
    if (!Array.isArray(documents)) return '';
    return documents
      .map((document) => {
        if (document.errors.length > 0) throw new SyntaxError('not a document');
        const value = document.toJS({ maxAliasCount: 100 }) as Json;
        const shown = isObject(value) ? maskEntries(value, walk) : maskUnder('', value, walk);
        return /^\s*[{[]/.test(text) ? JSON.stringify(shown) : stringify(shown);
      })
      .join('---\n');
  } catch {
    return walk.masking.mask('', text);
  }
}
