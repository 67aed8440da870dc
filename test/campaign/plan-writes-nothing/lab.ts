import { setTimeout as sleep } from 'node:timers/promises';
import { at } from '../../../src/core/json.ts';
import { readAuditLog } from '../../cluster/audit-log.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import type { Answer, Assistant } from '../../story/client.ts';
import { MATRIX } from '../../undo/law-matrix.ts';
import type { CampaignRun } from '../types.ts';
import { asked } from './audited.ts';
import { batchOf, plansOf, readsOf } from './calls.ts';
import { hostileCalls, type PlanCall } from './hostile.ts';
import type { Objects } from './objects.ts';
import { differences, type Stored, stored } from './stored.ts';
import { Tally } from './tally.ts';

/** Held by the open transaction. */
export const LEASE = 'kube-system/plan-writes-nothing';
/** An event of the audit log may come this long after its answer. */
const AUDIT_LAG_MS = 300;
/** They end what is open; each is looked at once, with a transaction that did nothing. */
const ENDINGS = ['transaction_commit', 'transaction_abort', 'undo_last', 'undo_transaction'];

/** Plans everything there is to plan, with a look at the cluster before and after. */
export class Lab {
  readonly #plane: ControlPlaneClient;
  readonly #objects: Objects;
  readonly #server: Assistant;
  readonly #run: CampaignRun;
  readonly tally: Tally;
  #snapshot: Stored | undefined;
  #events: number;

  constructor(
    plane: ControlPlaneClient,
    objects: Objects,
    server: Assistant,
    tools: readonly string[],
    options: CampaignRun,
  ) {
    this.#plane = plane;
    this.#objects = objects;
    this.#server = server;
    this.#run = options;
    this.tally = new Tally(tools, options.only.length === 0);
    this.#events = readAuditLog(plane).length;
  }

  /** Tools without a plan mode that only look, or write into the journal alone. */
  async readOnly(): Promise<void> {
    const looking = this.tally.tools.filter(
      (tool) =>
        /^(observe|incident)_/.test(tool) ||
        tool === 'audit_query' ||
        tool === 'transaction_status',
    );
    for (const tool of looking) {
      await this.#window(tool, readsOf(tool, this.#objects.namespace), (_, { isError, text }) =>
        // Not every kind has logs or what else the tool is about, but the tool's own example has.
        isError && /\[(internal|cluster_error)\]/.test(text) ? text : undefined,
      );
    }
  }

  /** The whole matrix as plans, call by call and as one batch. */
  async plans(where: 'alone' | 'in a transaction', transaction?: string): Promise<void> {
    for (const row of MATRIX) {
      if (this.#skips(`${row.call}, ${where}`)) continue;
      if (this.#objects.needs(row)) await this.#unwatched(() => this.#objects.prepare(row));
      const plans = plansOf(row, this.#objects.namespace);
      const possible = plans.filter(({ can }) => can);
      const within = transaction === undefined ? {} : { transaction };
      const calls = [
        ...plans.map((plan) => ({ ...plan, args: { ...plan.args, ...within } })),
        ...(possible.length === 0 ? [] : [batchOf(possible)]).map(({ tool, args }) => ({
          tool,
          args: { ...args, ...within },
          kind: 'all of them',
          can: true,
        })),
      ];
      await this.#window(`${row.call}, ${where}`, calls, (call, answer) => {
        const { can, kind } = call;
        const planned = !answer.isError && answer.data.status === 'planned';
        // A plan may show what it could not take back, and what it would need.
        const wellRefused =
          answer.isError || at(answer.data, 'changes', 0, 'class') === 'irreversible';
        if (can ? planned : wellRefused) return undefined;
        return `${kind}: ${can ? 'no plan' : 'not refused'}: ${answer.text.slice(0, 300)}`;
      });
    }
  }

  /** A transaction in which nothing is done writes nothing, however it ends. */
  async endings(): Promise<void> {
    for (const ending of ENDINGS) {
      const begin = { namespaces: [this.#objects.namespace], reason: 'to look around' };
      await this.#watched(`begin, ${ending}`, async () => {
        const begun = await this.#call('transaction_begin', begin);
        const transaction = String(begun.data.transaction);
        const args =
          ending === 'transaction_commit' ? { transaction } : { transaction, reason: 'enough' };
        await this.#call(ending, args);
        await this.#call('transaction_abort', { transaction, reason: 'enough' });
      });
    }
  }

  /** An open transaction with a change in it. */
  async open(): Promise<string> {
    let transaction = '';
    await this.#unwatched(async () => {
      transaction = await this.#opened();
    });
    return transaction;
  }

  async #opened(): Promise<string> {
    const begin = { namespaces: ['*'], reason: 'to plan in it' };
    const begun = await this.#call('transaction_begin', begin);
    const transaction = String(begun.data.transaction);
    const changed = await this.#call('mitigate_patch', {
      kind: 'ConfigMap',
      namespace: this.#objects.namespace,
      name: 'other',
      patch: { data: { mode: 'slow' } },
      transaction,
      reason: 'so that it is not empty',
    });
    if (changed.isError) throw new Error(`no transaction to plan in: ${changed.text}`);
    return transaction;
  }

  async hostile(transaction: string): Promise<void> {
    const { namespace } = this.#objects;
    const right: PlanCall[] = [
      ...MATRIX.flatMap((row) => plansOf(row, namespace)),
      ...MATRIX.map((row) => plansOf(row, namespace).filter(({ can }) => can))
        .filter((plans) => plans.length > 0)
        .map((plans) => batchOf(plans.slice(0, 3))),
      ...this.tally.tools
        .filter((tool) => tool.startsWith('observe_') || tool === 'audit_query')
        .flatMap((tool) => readsOf(tool, namespace)),
    ];
    const { seed, size, say } = this.#run;
    const calls = hostileCalls(seed, right, size).map(({ tool, args }, i) =>
      i % 2 === 0 && 'dry_run' in args ? { tool, args: { ...args, transaction } } : { tool, args },
    );
    for (let from = 0; from < calls.length; from += 100) {
      say(`hostile call ${from} of ${calls.length}`);
      await this.#window(
        'hostile and wrong arguments',
        calls.slice(from, from + 100),
        (_, { text }) => (text.includes('[internal]') ? text : undefined),
      );
    }
  }

  #skips(name: string): boolean {
    const { only } = this.#run;
    return only.length > 0 && !only.some((word) => name.includes(word));
  }

  #call(tool: string, args: PlanCall['args']): Promise<Answer> {
    this.tally.used(tool);
    return this.#server.call(tool, args);
  }

  async #window<C extends PlanCall>(
    name: string,
    calls: readonly C[],
    wrong: (call: C, answer: Answer) => string | undefined,
  ): Promise<void> {
    if (this.#skips(name)) return;
    await this.#watched(name, async () => {
      for (const call of calls) {
        const answer = await this.#call(call.tool, call.args);
        this.tally.answered(name, answer, wrong(call, answer));
      }
    });
  }

  /** Compares everything stored before and after, and what the API server was asked meanwhile. */
  async #watched(name: string, work: () => Promise<void>): Promise<void> {
    const before = this.#snapshot ?? (await this.#stored());
    await work();
    const after = await this.#stored();
    this.#snapshot = after;
    this.tally.compared(name, before.size, differences(before, after, LEASE));
    this.#readEvents(name);
  }

  #stored(): Promise<Stored> {
    return stored(this.#plane, this.#objects.kinds);
  }

  #readEvents(name: string): void {
    const events = readAuditLog(this.#plane);
    this.tally.asked(name, asked(events.slice(this.#events), LEASE));
    this.#events = events.length;
  }

  /** Counts the events that came after their answers. To be called before somebody else writes, and at the end. */
  async flush(): Promise<void> {
    await sleep(AUDIT_LAG_MS);
    this.#readEvents('late in the audit log');
    this.#snapshot = undefined;
  }

  /** Writes of our own that are no plans: not counted. */
  async #unwatched(work: () => Promise<void>): Promise<void> {
    await this.flush();
    await work();
    await sleep(AUDIT_LAG_MS);
    this.#events = readAuditLog(this.#plane).length;
  }
}
