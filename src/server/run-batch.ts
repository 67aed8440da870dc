import { StratusError } from '../core/errors.ts';
import type { Offer } from '../tools/catalogue.ts';
import type { BatchTool, CommandCall, MitigateTool } from '../tools/types.ts';
import type { BatchResult, PlannedCommand, StepRequest } from '../transaction/types.ts';
import { validate } from './validate.ts';
import {
  changePayload,
  namespacesOf,
  sentenceOf,
  stepRequest,
  type Told,
  type Work,
} from './work.ts';

/** Arguments that the call gives for all its commands. */
const SHARED: readonly string[] = ['reason', 'transaction', 'dry_run', 'intended_reduction'];

/**
 * Several commands as one work. Each is checked by its own tool's schema, and decided by the policy under the
 * name of that tool and of this one.
 * @throws StratusError that names the command whose tool or arguments are wrong
 */
export function batchWork(
  tool: BatchTool,
  args: Record<string, unknown>,
  offers: readonly Offer[],
): Work {
  const requests = tool
    .commands(args)
    .map((command, index) => requestOf(tool, command, index, args.reason, offers));
  return {
    plan: async (engine, caller, transaction) => {
      const { commands, budget } = await engine.plans(requests, caller, transaction);
      return {
        ...toldPlan(requests, commands),
        namespaces: placesOf(requests, commands),
        commandOf: (change) => {
          const index = commands.findIndex(
            (one) => one.kind === 'planned' && one.changes.includes(change),
          );
          return `commands[${index}] (${requests[index]?.tool}): `;
        },
        ...(budget === undefined ? {} : { budget }),
      };
    },
    approve: (engine, caller) => engine.approve(requests, caller),
    run: async (engine, transaction, caller) => {
      const { commands, budget } = await engine.steps(transaction, requests, caller);
      return { ...toldResult(requests, commands), budget };
    },
  };
}

function requestOf(
  batch: BatchTool,
  command: CommandCall,
  index: number,
  reason: unknown,
  offers: readonly Offer[],
): StepRequest {
  const tool = offeredTool(command.tool, index, offers);
  const given = SHARED.filter((name) => Object.hasOwn(command.arguments, name));
  if (given.length > 0) {
    throw new StratusError(
      'invalid_arguments',
      `${given.map((name) => `"commands[${index}].arguments.${name}"`).join(', ')}: this is said once for all commands.`,
      { next: `Give ${given.join(', ')} beside commands, and call again.` },
    );
  }
  const shared = { reason };
  const under = `commands[${index}].arguments.`;
  const args = validate(tool, { ...command.arguments, ...shared }, under);
  try {
    return { ...stepRequest(tool, args), within: batch.name };
  } catch (thrown) {
    if (!(thrown instanceof StratusError)) throw thrown;
    const { code, message, rule, next, details } = thrown;
    throw new StratusError(code, `commands[${index}] (${tool.name}): ${message}`, {
      next,
      ...(rule === undefined ? {} : { rule }),
      ...(details === undefined ? {} : { details }),
    });
  }
}

function offeredTool(name: string, index: number, offers: readonly Offer[]): MitigateTool {
  const where = `commands[${index}].tool`;
  const offer = offers.find(({ tool }) => tool.name === name);
  if (offer === undefined || offer.tool.effect !== 'mitigate' || 'commands' in offer.tool) {
    const names = offers.flatMap(({ tool, refusal }) =>
      tool.effect === 'mitigate' && !('commands' in tool) && refusal === undefined
        ? [tool.name]
        : [],
    );
    throw new StratusError(
      'invalid_arguments',
      `${where}: "${name.slice(0, 80)}" can't be a command of a batch.`,
      { next: `A command is one of ${names.join(', ')}.` },
    );
  }
  if (offer.refusal !== undefined) {
    throw new StratusError(
      'policy_refused',
      `${where}: the tool "${name}" is not offered: ${offer.refusal}.`,
      { rule: 'tool not offered' },
    );
  }
  return offer.tool;
}

function toldPlan(requests: readonly StepRequest[], planned: readonly PlannedCommand[]): Told {
  const changes = planned.flatMap((one) => (one.kind === 'planned' ? one.changes : []));
  const blind = planned.flatMap((one, index) =>
    one.kind === 'later' || (one.kind === 'planned' && one.after.length > 0)
      ? [`commands[${index}]`]
      : [],
  );
  const caveat =
    blind.length === 0
      ? ''
      : ` Only planned against the state before the batch: ${blind.join(', ')}; what they really do depends on the commands before them.`;
  return {
    changes,
    sentence: `${sentenceFor(planned.map(linesOf))}${caveat}`,
    payload: {
      commands: planned.map((one, command) => ({
        command,
        tool: requests[command]?.tool,
        ...planOf(one),
      })),
    },
  };
}

function linesOf(one: PlannedCommand): string {
  if (one.kind === 'planned') return sentenceOf(one.changes);
  return one.kind === 'nothing' ? 'nothing to do.' : 'not plannable yet.';
}

function planOf(one: PlannedCommand) {
  if (one.kind === 'nothing') return { note: one.reason };
  if (one.kind === 'later') {
    return {
      note: `On the state before the batch it fails: ${one.error.message} A command before it may cure that; if none does, everything is taken back.`,
    };
  }
  const first = one.after.map((index) => `commands[${index}]`).join(', ');
  return {
    changes: one.changes.map(changePayload),
    ...(one.after.length === 0
      ? {}
      : { note: `Planned against the state before the batch; ${first} changes the same first.` }),
  };
}

function toldResult(requests: readonly StepRequest[], done: BatchResult['commands']): Told {
  return {
    changes: done.flatMap((one) => one?.changes ?? []),
    sentence: sentenceFor(done.map((one) => (one ? sentenceOf(one.changes) : 'nothing to do.'))),
    payload: {
      commands: done.map((one, command) => ({
        command,
        tool: requests[command]?.tool,
        ...(one === undefined
          ? { note: 'Nothing to do: everything already was as asked.' }
          : { changes: one.changes.map(changePayload) }),
      })),
    },
  };
}

const TOLD = 5;

function sentenceFor(lines: readonly string[]): string {
  const shown = lines.slice(0, TOLD).map((line, index) => `(${index}) ${line}`);
  const more = lines.length > TOLD ? ` And ${lines.length - TOLD} more commands.` : '';
  return `${shown.join(' ')}${more}`;
}

/** Where the commands work; of those that can't be planned yet only their reads tell it. */
function placesOf(requests: readonly StepRequest[], planned: readonly PlannedCommand[]): string[] {
  const places = planned.flatMap((one, index): string[] => {
    if (one.kind === 'planned') return namespacesOf(one.changes);
    if (one.kind === 'nothing') return [];
    const reads = requests[index]?.reads ?? [];
    const named = reads.map((read) => ('get' in read ? read.get : read.list).namespace ?? '*');
    return named.length > 0 ? named : ['*'];
  });
  return [...new Set(places)];
}
