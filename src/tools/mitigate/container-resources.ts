import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { type JsonObject, objectOf } from '../../core/json.ts';
import { NANO, type Nano, quantityOf } from '../../core/quantity.ts';
import { type ContainerPart, containerCommand } from './container-change.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';

const amounts = z.record(z.string(), z.union([z.string(), z.number()]).nullable());

export const resourcesArgument = z
  .strictObject({ requests: amounts.optional(), limits: amounts.optional() })
  .describe('Quantities such as {cpu: "500m", memory: "512Mi"}; null removes one.');

const LISTS = ['requests', 'limits'] as const;
type ListName = (typeof LISTS)[number];
type Amounts = Readonly<Record<string, string | number | null>>;

interface AmountChange {
  readonly list: ListName;
  readonly name: string;
  readonly from: string | undefined;
  /** null: remove it. */
  readonly to: string | null;
}

/** @throws StratusError invalid_arguments for what is no quantity, and for requests over limits. */
export const resourcesChange: ContainerPart<z.output<typeof resourcesArgument>> = (asked, site) => {
  const { container, object } = site;
  const now = objectOf(container.spec.resources);
  if (LISTS.every((list) => Object.keys(asked[list] ?? {}).length === 0)) {
    throw new StratusError('invalid_arguments', 'resources names no amount to set or to remove.', {
      next: 'Give requests or limits, such as {"limits": {"memory": "512Mi"}}.',
    });
  }
  const changes = LISTS.flatMap((list) => changesOf(list, asked[list] ?? {}, objectOf(now[list])));
  refuseOverLimit(now, changes);
  if (changes.length === 0) return undefined;
  const fields = { resources: patchOf(changes) };
  const removes = changes.some(({ to }) => to === null);
  return {
    fields,
    summary: `resources of container ${container.name}: ${changes.map(wordsOf).join(', ')}`,
    kubectl: removes
      ? containerCommand(site, fields)
      : kubectl(
          'set',
          'resources',
          kubectlName(object),
          namespaceFlag(object),
          `--containers=${container.name}`,
          flagOf('requests', changes),
          flagOf('limits', changes),
        ),
  };
};

function changesOf(list: ListName, asked: Amounts, now: JsonObject): AmountChange[] {
  return Object.entries(asked).flatMap(([name, amount]): AmountChange[] => {
    const before = now[name];
    const from = before === undefined ? undefined : String(before);
    if (amount === null) return from === undefined ? [] : [{ list, name, from, to: null }];
    const wanted = checked(list, name, amount);
    return quantityOf(before) === wanted ? [] : [{ list, name, from, to: String(amount) }];
  });
}

/** The quantity, when it is one that the resource can mean. */
function checked(list: ListName, name: string, amount: string | number): Nano {
  const where = `resources.${list}.${name}`;
  const quantity = quantityOf(amount);
  if (quantity === undefined) throw unclear(`${where} "${amount}" is not a quantity.`, name);
  if (quantity < 0n) throw unclear(`${where} "${amount}" is below zero.`, name);
  if (name === 'cpu' && /[KMGTPE]i$/.test(String(amount))) {
    throw unclear(`${where} "${amount}" counts bytes, not cores.`, name);
  }
  if (isBytes(name) && quantity % NANO !== 0n) {
    throw unclear(`${where} "${amount}" is a fraction of a byte: m means thousandths.`, name);
  }
  return quantity;
}

function isBytes(name: string): boolean {
  return name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-');
}

function unclear(message: string, name: string): StratusError {
  return new StratusError('invalid_arguments', message, {
    next: isBytes(name)
      ? 'Bytes are written 512Mi or 0.5Gi (powers of 1024), 500M or 0.5G (powers of 1000).'
      : name === 'cpu'
        ? 'Cores are written 500m (half a core), 0.5 or 2.'
        : 'Quantities are written 2, 500m (thousandths), 10k, 512Mi or 1Gi.',
  });
}

/** The API server refuses it as well, but only after defaults have been mixed in. */
function refuseOverLimit(now: JsonObject, changes: readonly AmountChange[]): void {
  const after = (list: ListName, name: string) => {
    const change = changes.find((item) => item.list === list && item.name === name);
    return change === undefined ? objectOf(now[list])[name] : (change.to ?? undefined);
  };
  for (const { name } of changes) {
    const [request, limit] = [after('requests', name), after('limits', name)];
    const [wanted, most] = [quantityOf(request), quantityOf(limit)];
    if (wanted === undefined || most === undefined || wanted <= most) continue;
    throw new StratusError(
      'invalid_arguments',
      `The ${name} request ${String(request)} would be over the limit ${String(limit)}.`,
      { next: `Set both, resources.requests.${name} and resources.limits.${name}.` },
    );
  }
}

function patchOf(changes: readonly AmountChange[]): JsonObject {
  return Object.fromEntries(
    LISTS.flatMap((list) => {
      const own = changes.filter((change) => change.list === list);
      return own.length === 0
        ? []
        : [[list, Object.fromEntries(own.map(({ name, to }) => [name, to]))]];
    }),
  );
}

function wordsOf({ list, name, from, to }: AmountChange): string {
  const what = `${list}.${name}`;
  if (to === null) return `${what} removed (was ${from})`;
  return from === undefined ? `${what} ${to} (was unset)` : `${what} from ${from} to ${to}`;
}

function flagOf(list: ListName, changes: readonly AmountChange[]): string | undefined {
  const own = changes.filter((change) => change.list === list);
  if (own.length === 0) return undefined;
  return `--${list}=${own.map(({ name, to }) => `${name}=${to}`).join(',')}`;
}
