import type { z } from 'zod';
import type { ClusterReader } from '../cluster/types.ts';
import type { Clock } from '../core/clock.ts';
import type { AuditLog, IncidentStore } from '../journal/types.ts';
import type { Policy } from '../policy/types.ts';
import type { SeverityMeter } from '../severity/types.ts';
import type { Caller, Live, PlannedWrite, Read, TransactionEngine } from '../transaction/types.ts';

/**
 * The one declared property from which MCP annotations, auditing and gating follow.
 * `observe` reads; `record` writes into the journal alone; `mitigate` plans writes; `transaction` opens and closes;
 * `undo` takes back.
 */
export type ToolEffect = 'observe' | 'record' | 'mitigate' | 'transaction' | 'undo';

interface ToolBase<I extends z.ZodObject, O extends z.ZodObject> {
  /** snake_case, prefixed by family: `observe_list`, `mitigate_scale`, `transaction_begin`, `undo_last`. */
  readonly name: string;
  readonly title: string;
  /** At most 2,048 characters; the first sentence says when to use it. */
  readonly description: string;
  /** z.strictObject: an unknown argument is an error that names it. */
  readonly input: I;
  /** z.looseObject with at least `summary` (what the model reads first) and mostly `next`. */
  readonly output: O;
}

/** What observing tools see: reading ports only. */
export interface ObserveContext {
  readonly reader: ClusterReader;
  readonly policy: Policy;
  readonly meter: SeverityMeter;
  readonly audit: AuditLog;
  readonly transactions: Pick<TransactionEngine, 'view' | 'list' | 'lease' | 'cluster'>;
  readonly incidents: Omit<IncidentStore, 'open' | 'move' | 'record'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface ObserveTool<
  I extends z.ZodObject = z.ZodObject,
  O extends z.ZodObject = z.ZodObject,
> extends ToolBase<I, O> {
  readonly effect: 'observe';
  run(args: z.output<I>, context: ObserveContext): Promise<z.input<O>>;
}

/** A writing tool is two pure functions; it has no way to send anything. */
export interface MitigateTool<I extends z.ZodObject = z.ZodObject>
  extends Omit<ToolBase<I, z.ZodObject>, 'output'> {
  readonly effect: 'mitigate';
  reads(args: z.output<I>): readonly Read[];
  plan(args: z.output<I>, live: Live): readonly PlannedWrite[];
}

/** One command of a batch: a tool by its name, and arguments that its own schema has yet to see. */
export interface CommandCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** A writing tool made of others: their commands in one call, in order, all of them or none. */
export interface BatchTool<I extends z.ZodObject = z.ZodObject>
  extends Omit<ToolBase<I, z.ZodObject>, 'output'> {
  readonly effect: 'mitigate';
  commands(args: z.output<I>): readonly CommandCall[];
}

/** What a tool sees that writes down what was found out, and nothing in the cluster. */
export interface RecordContext extends ObserveContext {
  readonly incidents: IncidentStore;
  readonly caller: Caller;
}

export interface RecordTool<
  I extends z.ZodObject = z.ZodObject,
  O extends z.ZodObject = z.ZodObject,
> extends ToolBase<I, O> {
  readonly effect: 'record';
  run(args: z.output<I>, context: RecordContext): Promise<z.input<O>>;
}

export interface ControlContext extends ObserveContext {
  readonly engine: TransactionEngine;
  readonly caller: Caller;
  readonly progress: (message: string, done: number, total?: number) => void;
}

export interface ControlTool<
  I extends z.ZodObject = z.ZodObject,
  O extends z.ZodObject = z.ZodObject,
> extends ToolBase<I, O> {
  readonly effect: 'transaction' | 'undo';
  run(args: z.output<I>, context: ControlContext): Promise<z.input<O>>;
}

export type Tool = ObserveTool | RecordTool | MitigateTool | BatchTool | ControlTool;

/** Identity functions, there for the types: they tie args to the input schema. */
export function defineObserveTool<I extends z.ZodObject, O extends z.ZodObject>(
  tool: ObserveTool<I, O>,
): ObserveTool<I, O> {
  return tool;
}
export function defineRecordTool<I extends z.ZodObject, O extends z.ZodObject>(
  tool: RecordTool<I, O>,
): RecordTool<I, O> {
  return tool;
}
export function defineMitigateTool<I extends z.ZodObject>(tool: MitigateTool<I>): MitigateTool<I> {
  return tool;
}
export function defineBatchTool<I extends z.ZodObject>(tool: BatchTool<I>): BatchTool<I> {
  return tool;
}
export function defineControlTool<I extends z.ZodObject, O extends z.ZodObject>(
  tool: ControlTool<I, O>,
): ControlTool<I, O> {
  return tool;
}
