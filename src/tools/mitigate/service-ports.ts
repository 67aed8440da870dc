import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { at, type Json, type JsonObject, objectsOf, stringOf } from '../../core/json.ts';
import { titleOf } from './target.ts';

export interface PortName {
  readonly port: number;
  readonly protocol: string;
}

export interface PortWords extends PortName {
  readonly name?: string | undefined;
  readonly target_port?: number | string | undefined;
  readonly node_port?: number | undefined;
}

export interface PortChange {
  readonly operations: readonly Json[];
  readonly words: readonly string[];
  /** Ports of the pods that traffic will newly be sent to. */
  readonly targets: readonly Json[];
}

const PORTS = '/spec/ports';

/**
 * Changes, removals and additions of a Service's ports, which port and protocol name. A strategic patch would merge
 * them by port alone and take a UDP port for the TCP one, so each operation tests the element it relies on.
 */
export function portChange(
  target: LiveObject,
  wanted: readonly PortWords[],
  removed: readonly PortName[],
): PortChange {
  refuseTwice([...wanted, ...removed]);
  const ports = objectsOf(at(target.object, 'spec', 'ports'));
  const indexOf = (name: PortName) => ports.findIndex((entry) => isNamed(entry, name));
  const operations: Json[] = [];
  const added: JsonObject[] = [];
  const words: string[] = [];
  const targets: Json[] = [];
  for (const asked of wanted) {
    const index = indexOf(asked);
    const before = ports[index];
    const fields = fieldsOf(asked);
    if (before === undefined) {
      added.push({ port: asked.port, protocol: asked.protocol, ...fields });
      words.push(`add port ${titleOfPort(asked)} to ${asked.target_port ?? asked.port}`);
      targets.push(asked.target_port ?? asked.port);
      continue;
    }
    const changed = Object.entries(fields).filter(([field, value]) => before[field] !== value);
    if (changed.length === 0) continue;
    operations.push(
      { op: 'test', path: `${PORTS}/${index}`, value: before },
      ...changed.map(([field, value = null]) => ({
        op: 'add',
        path: `${PORTS}/${index}/${field}`,
        value,
      })),
    );
    const told = changed.map(
      ([field, value]) => `${field} from ${before[field] ?? 'none'} to ${value}`,
    );
    words.push(`port ${titleOfPort(asked)} ${told.join(', ')}`);
    targets.push(
      ...changed.filter(([field]) => field === 'targetPort').map(([, it]) => it ?? null),
    );
  }
  operations.push(...removals(target, ports, removed, indexOf));
  words.push(...removed.map((name) => `remove port ${titleOfPort(name)}`));
  if (ports.length > 0) {
    operations.push(...added.map((value) => ({ op: 'add', path: `${PORTS}/-`, value })));
  } else if (added.length > 0) {
    operations.push(
      { op: 'test', path: PORTS, value: null },
      { op: 'add', path: PORTS, value: added },
    );
  }
  return { operations, words, targets };
}

/** From the end, so that an index still means what it meant. */
function removals(
  target: LiveObject,
  ports: readonly JsonObject[],
  removed: readonly PortName[],
  indexOf: (name: PortName) => number,
): Json[] {
  const indexes = removed.map((name) => {
    const index = indexOf(name);
    if (index >= 0) return index;
    const has = ports.map((entry) => titleOfPort(nameOf(entry))).join(', ') || 'none';
    throw new StratusError(
      'invalid_arguments',
      `${titleOf(target)} has no port ${titleOfPort(name)}. It has: ${has}.`,
    );
  });
  return indexes
    .toSorted((a, b) => b - a)
    .flatMap((index) => {
      const path = `${PORTS}/${index}`;
      return [
        { op: 'test', path, value: ports[index] ?? null },
        { op: 'remove', path },
      ];
    });
}

function fieldsOf({ name, target_port, node_port }: PortWords): JsonObject {
  return {
    ...(name === undefined ? {} : { name }),
    ...(target_port === undefined ? {} : { targetPort: target_port }),
    ...(node_port === undefined ? {} : { nodePort: node_port }),
  };
}

function refuseTwice(names: readonly PortName[]): void {
  const seen = new Set<string>();
  for (const name of names.map(titleOfPort)) {
    if (seen.has(name)) {
      throw new StratusError('invalid_arguments', `The port ${name} is named twice.`);
    }
    seen.add(name);
  }
}

function nameOf(entry: JsonObject): PortName {
  return { port: Number(entry.port), protocol: stringOf(entry.protocol) ?? 'TCP' };
}

function isNamed(entry: JsonObject, { port, protocol }: PortName): boolean {
  const named = nameOf(entry);
  return named.port === port && named.protocol === protocol;
}

function titleOfPort({ port, protocol }: PortName): string {
  return `${port}/${protocol}`;
}
