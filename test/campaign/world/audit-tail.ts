import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isObject, parseJson } from '../../../src/core/json.ts';
import { type AuditEvent, eventOf } from '../../cluster/audit-log.ts';

/** The API server's audit log, read on from where it was read to: it grows to many megabytes in a campaign. */
export class AuditTail {
  readonly #path: string;
  readonly #byNamespace = new Map<string, AuditEvent[]>();
  #offset = 0;
  #rest = '';

  constructor(source: { readonly auditLogPath: string }) {
    this.#path = source.auditLogPath;
  }

  /** The writes in a namespace so far, in the order of their answers. Forgets them with `forget`. */
  of(namespace: string): readonly AuditEvent[] {
    this.#readOn();
    return this.#byNamespace.get(namespace) ?? [];
  }

  forget(namespace: string): void {
    this.#byNamespace.delete(namespace);
  }

  #readOn(): void {
    const file = openSync(this.#path, 'r');
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - this.#offset);
      const read = readSync(file, bytes, 0, bytes.length, this.#offset);
      this.#offset += read;
      const lines = (this.#rest + bytes.toString('utf8', 0, read)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#add(line);
    } finally {
      closeSync(file);
    }
  }

  #add(line: string): void {
    const raw = parseJson(line);
    if (!isObject(raw)) return;
    const event = eventOf(raw);
    const { namespace } = event;
    if (namespace === undefined || event.userAgent !== 'stratus-mcp') return;
    const known = this.#byNamespace.get(namespace);
    if (known === undefined) this.#byNamespace.set(namespace, [event]);
    else known.push(event);
  }
}
