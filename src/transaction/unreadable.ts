import type { ObjectKey } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { mayPass } from '../core/no-real-answer.ts';
import { nameOfKey } from './answers.ts';
import { identify } from './cluster-identity.ts';
import type { EngineParts } from './parts.ts';

/** Breakdowns of a read of which the API server may be well: it waits for something else that does not answer. */
const SLOW: readonly string[] = ['timeout', 'reset'];
/** It is asked too much just now; that says nothing of one object. */
const OVERLOAD: readonly string[] = ['TooManyRequests', 'HTTP429'];
/** A name that nothing has. */
const NOBODY = 'stratus-mcp-asks-whether-you-answer';

/**
 * The error of a read, as one that is about this object alone: the conversion webhook of a custom resource that is
 * down, or an aggregated API, is answered 500 or 503 for ever, while the API server goes on with everything else.
 * @returns undefined where the error is another one, and where the API server as a whole does not answer either:
 *   that is waited for, and says nothing about the object
 */
export async function unreadableOf(
  parts: Pick<EngineParts, 'reader'>,
  key: ObjectKey,
  thrown: unknown,
): Promise<StratusError | undefined> {
  if (!(thrown instanceof StratusError) || !isAboutAnswers(thrown)) return undefined;
  if (!(await isThere(parts, key))) return undefined;
  // Its owner or a child may be what could not be read.
  const text = `What has to be known about ${nameOfKey(key)} could not be read, although the API server answers otherwise. ${thrown.message}`;
  return new StratusError('outcome_unknown', text, { changed: 'unknown', cause: thrown });
}

function isAboutAnswers(error: StratusError): boolean {
  const { code, rule = '' } = error;
  if (code === 'cluster_unreachable') return SLOW.includes(rule);
  return mayPass(error) && !OVERLOAD.includes(rule);
}

/**
 * Whether the API server answers from its storage: of another object of the kind, which needs no other right, or of
 * its own namespace.
 */
async function isThere({ reader }: Pick<EngineParts, 'reader'>, key: ObjectKey): Promise<boolean> {
  try {
    if ((await reader.get({ ...key, name: NOBODY })) === undefined) return true;
  } catch {
    // The whole kind may be what is not served.
  }
  try {
    return (await identify(reader)).key !== reader.server;
  } catch {
    return false;
  }
}

/**
 * What is read of an object, or why it can't be read.
 * @throws StratusError for whatever says nothing of this object alone
 */
export async function askAbout<T>(
  parts: Pick<EngineParts, 'reader'>,
  key: ObjectKey,
  read: () => Promise<T>,
): Promise<T | StratusError> {
  try {
    return await read();
  } catch (thrown) {
    const error = await unreadableOf(parts, key, thrown);
    if (error === undefined) throw thrown;
    return error;
  }
}
