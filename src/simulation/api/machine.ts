import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { objectOf, stringOf } from '../../core/json.ts';
import { kindNamed } from '../kinds.ts';
import { Store } from '../store.ts';

/** What everything of one simulated cluster shares. */
export interface Machine {
  readonly store: Store;
  readonly clock: Clock;
  /** A new uid. */
  newId(): string;
  /** Five letters for generated names. */
  suffix(): string;
  /** RFC 3339, whole seconds. */
  timestamp(): string;
  /** A free cluster address and node port. */
  serviceAddress(): string;
  nodePort(): number;
}

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export function createMachine(options: { clock: Clock; newId: () => string }): Machine {
  const store = new Store();
  const { clock, newId } = options;
  let lastAddress = 1;
  let lastPort = 30_000;
  const services = () => store.list(kindNamed('Service')).map((it) => objectOf(it.spec));
  return {
    store,
    clock,
    newId,
    suffix: () => wordOf(newId(), 5),
    timestamp: () => `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
    serviceAddress() {
      const used = new Set(services().map((spec) => stringOf(spec.clusterIP)));
      for (;;) {
        lastAddress = (lastAddress % 65_000) + 1;
        const address = `10.0.${lastAddress >> 8}.${lastAddress & 255}`;
        if (!used.has(address) && (lastAddress & 255) !== 0) return address;
      }
    },
    nodePort() {
      lastPort = lastPort >= 32_767 ? 30_001 : lastPort + 1;
      return lastPort;
    },
  };
}

/** A word of the letters that Kubernetes takes for generated names, always the same for one text. */
export function wordOf(text: string, length: number): string {
  const digest = createHash('sha256').update(text).digest();
  return [...digest.subarray(0, length)]
    .map((byte) => LETTERS[byte % LETTERS.length] ?? 'x')
    .join('');
}
