import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { arrayOf, isObject, type Json, objectOf, stringifyJson } from '../../core/json.ts';
import type { ObjectRef } from '../../core/kube.ts';
import { redactArgs } from '../../core/redact-args.ts';
import { defineMitigateTool } from '../types.ts';
import { commonArguments, kindArgument, nameArgument, optionalNamespace } from './arguments.ts';
import { requireExactNumbers } from './exact-numbers.ts';
import { kubectlPatch } from './kubectl.ts';
import { readTarget, refOfLive, targetOf } from './target.ts';

const LONGEST_COMMAND = 2000;
const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

export const mitigatePatch = defineMitigateTool({
  name: 'mitigate_patch',
  title: 'Patch an object',
  effect: 'mitigate',
  description:
    'Use to change fields of one object that no more specific tool changes, such as a quota. Patch types: strategic (built-in kinds; lists of containers, ports and the like merge by their key), merge (RFC 7386; lists are replaced whole, null removes), json (RFC 6902 operations; begin with a test operation for what you rely on).',
  input: z.strictObject({
    kind: kindArgument,
    name: nameArgument,
    namespace: optionalNamespace,
    type: z.enum(['strategic', 'merge', 'json']).default('strategic'),
    patch: z
      .union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown()))])
      .describe('An object for strategic and merge, a list of operations for json.'),
    ...commonArguments,
  }),
  reads: (args) => [readTarget(args)],
  plan: (args, live) => {
    const patch = args.patch as Json;
    requireShape(args.type, patch);
    requireExactNumbers(patch, 'patch');
    const object = refOfLive(targetOf(args, live));
    return [
      {
        verb: 'patch',
        object,
        patchType: args.type,
        patch,
        summary: `patch ${pathsOf(patch)}`,
        kubectl: command(object, args.type, patch),
      },
    ];
  },
});

function requireShape(type: 'strategic' | 'merge' | 'json', patch: Json): void {
  if (type !== 'json') {
    if (isObject(patch) && Object.keys(patch).length > 0) return;
    throw new StratusError(
      'invalid_arguments',
      `A ${type} patch is an object with at least one field.`,
      { next: 'For a list of operations say type json.' },
    );
  }
  const operations = arrayOf(patch).map(objectOf);
  if (operations.length === 0) {
    throw new StratusError('invalid_arguments', 'A json patch is a list of operations.', {
      next: 'For an object of fields say type merge or strategic.',
    });
  }
  operations.forEach(({ op, path, from, value }, i) => {
    const wrong =
      typeof op !== 'string' || !OPERATIONS.includes(op)
        ? `op is none of ${OPERATIONS.join(', ')}`
        : typeof path !== 'string' || !(path === '' || path.startsWith('/'))
          ? 'path is no JSON pointer (it begins with /)'
          : ['add', 'replace', 'test'].includes(op) && value === undefined
            ? `${op} needs a value`
            : ['move', 'copy'].includes(op) && typeof from !== 'string'
              ? `${op} needs from`
              : undefined;
    if (wrong !== undefined) {
      throw new StratusError('invalid_arguments', `In patch[${i}] ${wrong}.`);
    }
  });
}

/** Where a patch reaches, a few paths at most: `spec.selector`, `/spec/replicas`. */
function pathsOf(patch: Json): string {
  const paths = Array.isArray(patch)
    ? patch.map((operation) => String(objectOf(operation).path))
    : Object.entries(objectOf(patch)).flatMap(([key, value]) =>
        isObject(value) ? Object.keys(value).map((inner) => `${key}.${inner}`) : [key],
      );
  const more = paths.length > 4 ? ` and ${paths.length - 4} more` : '';
  return `${paths.slice(0, 4).join(', ')}${more}`;
}

function command(object: ObjectRef, type: 'json' | 'merge' | 'strategic', patch: Json): string {
  // The command is journaled and shown: it hides what the audit log hides.
  const shown = stringifyJson(redactArgs({ kind: object.kind, patch }).patch ?? null);
  const text = shown.length > LONGEST_COMMAND ? `<patch of ${shown.length} characters>` : shown;
  return kubectlPatch(object, type, text);
}
