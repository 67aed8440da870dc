import { type JsonObject, stringOf } from '../../src/core/json.ts';
import type { Answer, Assistant } from '../story/client.ts';
import {
  callsOf,
  insideFences,
  isBlank,
  type NamedCall,
  outsideFences,
  promptOf,
} from './follow.ts';

/** A change that the reader may think of, and the words by which a prompt would tell that it was tried. */
export interface Idea {
  readonly cause: string;
  readonly trace: string;
  /** Undefined: the change that an answer named. */
  readonly change?: NamedCall;
}

/** Where the reader stops: a phase it doesn't begin, or a call that it doesn't make any more. */
export interface Until {
  readonly phase?: string;
  readonly before?: string;
}

/**
 * A model that knows nothing but what the prompt "incident" and the answers tell it. It makes the calls that the
 * prompt names, in their order, and fills in what stands in angle brackets. Its ideas are a fixed list, of which it
 * takes the first that the prompt doesn't tell as tried.
 */
export function createReader(server: Assistant, ideas: readonly Idea[]) {
  const made: NamedCall[] = [];
  const prompts: string[] = [];
  const told: string[] = [];
  let handle: string | undefined;
  let transaction: string | undefined;
  let healthy = false;
  let idea: Idea | undefined;

  async function make(tool: string, args: JsonObject): Promise<Answer> {
    made.push({ tool, args });
    const answer = await server.call(tool, args);
    if (answer.isError) throw new Error(`${tool} ${JSON.stringify(args)}: ${answer.text}`);
    told.push(answer.text, JSON.stringify(answer.data));
    handle = stringOf(answer.data.incident) ?? handle;
    transaction = stringOf(answer.data.transaction) ?? transaction;
    if (tool === 'observe_health') healthy = answer.data.severity === 0;
    return answer;
  }

  /** The newest call of a tool that an answer named, as `next` writes it. */
  function named(tool: string): JsonObject | undefined {
    const found = told.join('\n').matchAll(new RegExp(`\\b${tool} (\\{[^{}]*\\})`, 'g'));
    const last = [...found].at(-1)?.[1];
    return last === undefined ? undefined : (JSON.parse(last.replaceAll('\\"', '"')) as JsonObject);
  }

  function changeOf({ change }: Idea): NamedCall {
    const args = change?.args ?? named('mitigate_rollout');
    if (args === undefined) throw new Error('no answer named a change');
    return { tool: change?.tool ?? 'mitigate_rollout', args };
  }

  /** What stands in angle brackets, from what was seen. */
  function fill({ tool, args }: NamedCall): JsonObject | undefined {
    const filled: JsonObject = {};
    for (const [key, value] of Object.entries(args)) {
      if (!isBlank(value)) filled[key] = value;
      else if (key === 'transaction') filled[key] = transaction;
      else if (key === 'title') filled[key] = 'web does not roll out';
      else if (key === 'hypothesis') filled[key] = idea?.cause;
      else if (key === 'evidence') filled[key] = ['observe_rollout: its new pods fail'];
      else if (key === 'reason') filled[key] = idea?.cause ?? 'as the prompt says';
      else return undefined;
    }
    return {
      ...filled,
      ...(tool === 'transaction_begin' ? { reason: idea?.cause ?? 'none' } : {}),
    };
  }

  /** The numbered steps only: what is named after "Stop" is for another case. */
  function stepsOf(text: string): NamedCall[] {
    return callsOf(text.slice(text.lastIndexOf('\nSteps\n'), text.lastIndexOf('\nStop ')));
  }

  /** Of the ways that the role of validation has, the one for what was seen. */
  function isWay({ tool, args }: NamedCall, phase: string | undefined): boolean {
    if (phase !== 'validation') return true;
    if (tool === 'incident_update') return args.phase === (healthy ? 'resolved' : 'diagnosis');
    return tool !== 'undo_transaction';
  }

  async function commit(args: JsonObject): Promise<void> {
    let answer = await make('transaction_commit', args);
    while (answer.data.status === 'settling') answer = await make('transaction_commit', args);
  }

  /** Asks until the phase has changed, as a prompt says about what another process left. */
  async function phaseAfter(phase: string | undefined): Promise<void> {
    const incident = handle ?? '';
    for (;;) {
      const { data } = await make('incident_status', { incident });
      if (data.phase !== phase) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async function follow(text: string, phase: string | undefined, until: Until): Promise<boolean> {
    for (const one of stepsOf(text)) {
      if (one.tool === until.before) return false;
      if (!isWay(one, phase)) continue;
      const args = fill(one);
      // A step whose blanks nothing seen so far fills is one of those that aren't needed here.
      if (args === undefined) continue;
      if (one.tool === 'transaction_commit') {
        await commit(args);
        continue;
      }
      const { data } = await make(one.tool, args);
      if (one.tool === 'transaction_status' && data.mine === false) {
        await phaseAfter(phase);
        return true;
      }
      if (one.tool === 'transaction_begin' && idea !== undefined) {
        const { tool, args: change } = changeOf(idea);
        const planned = { ...change, transaction, reason: idea.cause } as JsonObject;
        await make(tool, { ...planned, dry_run: true });
        await make(tool, { ...planned, dry_run: false });
      }
    }
    return true;
  }

  return {
    made,
    prompts,
    handle: () => handle,
    /** Follows the prompt from phase to phase. @returns the phase it stopped in */
    async lead(given: Record<string, string>, until: Until = {}): Promise<string> {
      for (let turns = 0; turns < 12; turns += 1) {
        const args = handle === undefined ? given : { incident: handle };
        const text = await promptOf(server.client, 'incident', args);
        prompts.push(text);
        const [, phase] = /^Now: \S+, phase (\w+)\./m.exec(text) ?? [];
        const [over] = /is over\. It is (\w+)/.exec(text)?.slice(1) ?? [];
        if (over !== undefined) return over;
        if (phase !== undefined && phase === until.phase) return phase;
        const [, open] = /(inc-\d+), in \w+:/.exec(insideFences(text)) ?? [];
        if (handle === undefined && open !== undefined) {
          handle = open;
          continue;
        }
        if (phase === 'diagnosis' || phase === 'mitigation') {
          const tried = disproved(text);
          idea = ideas.find(({ trace }) => !tried.includes(trace));
          if (idea === undefined) throw new Error(`no idea is left:\n${text}`);
        }
        if (!(await follow(text, phase, until))) return phase ?? 'detection';
      }
      throw new Error(`it goes round and round:\n${prompts.at(-1)}`);
    },
  };
}

/** What the prompt tells of the attempts that are not to be repeated. */
function disproved(text: string): string {
  const [, names = ''] = /^(.*) (?:was|were) taken back: see/m.exec(outsideFences(text)) ?? [];
  const tried = insideFences(text).split('Tried so far:')[1] ?? '';
  return tried
    .split(/\n {2}- /)
    .filter((attempt) => names.split(', ').some((name) => attempt.includes(`, ${name},`)))
    .join('\n');
}
