import { at, isObject, parseJson, stringOf } from '../../../src/core/json.ts';
import type { StepRow } from '../../../src/journal/types.ts';
import { auditLines } from '../../cluster/audit-log.ts';
import type { Tally } from './tally.ts';

/** What a journal held right after a kill. */
export interface Killed {
  /** intent ids of which the journal did not know whether they had happened. */
  readonly open: readonly string[];
  /** The same of restores. */
  readonly restoring: readonly string[];
}

export function killedNow(steps: readonly StepRow[]): Killed {
  const inState = (...states: string[]) =>
    steps.filter(({ state }) => states.includes(state)).map(({ intentId }) => intentId);
  return { open: inState('INTENT', 'UNKNOWN'), restoring: inState('UNDO_INTENT') };
}

/** What the API server itself says of our writes: its audit log names each by our intent's id. */
export class Witness {
  /** Audit-IDs of writes that were stored. */
  readonly #stored = new Set<string>();
  readonly #known = new Set<string>();
  readonly #namespaces = new Set<string>();

  /** The journal of one run, at its end. */
  know(namespace: string, intents: readonly string[]): void {
    this.#namespaces.add(namespace);
    for (const intent of intents) this.#known.add(intent);
  }

  read(auditLogPath: string, tally: Tally): void {
    for (const line of auditLines(auditLogPath)) {
      if (!line.includes('"userAgent":"stratus-mcp"')) continue;
      const event = parseJson(line);
      if (!isObject(event) || stringOf(event.stage) === 'RequestReceived') continue;
      const uri = stringOf(event.requestURI) ?? '';
      const code = Number(at(event, 'responseStatus', 'code'));
      if (uri.includes('dryRun=') || code >= 300) continue;
      const namespace = stringOf(at(event, 'objectRef', 'namespace')) ?? '';
      const id = stringOf(event.auditID) ?? '';
      this.#stored.add(id);
      // The dry run of a delete stands in its body, which this audit log doesn't have.
      if (/-(dry|undo)$/.test(id) || !this.#namespaces.has(namespace)) continue;
      const known = this.#known.has(id.slice(0, 36));
      const text = `${stringOf(event.verb)} ${uri} was made as ${id}, which no journal knows`;
      tally.check('journaled', known ? undefined : text);
    }
  }

  /** Writes that were stored without the dead process having heard of it. */
  unacknowledged({ open, restoring }: Killed): number {
    const done = (id: string) => this.#stored.has(id);
    return open.filter(done).length + restoring.filter((id) => done(`${id}-restore`)).length;
  }
}
