import { type CommandSite, runCommand } from './command.ts';
import type { Environment } from './environment.ts';
import type { Program } from './shell.ts';

/** An HTTP server inside a container. */
export interface Listener {
  readonly port: number;
  readonly paths: readonly string[];
  /** Milliseconds since the epoch; it refuses connections before. */
  readonly openAt: number;
  /** Working set in bytes. */
  readonly memory: number;
}

/** A process: where its program stands. Immutable; each advance makes a new one. */
export interface Run {
  readonly program: Program;
  readonly counter: number;
  readonly lastCode: number;
  readonly variables: Environment;
  /** Milliseconds since the epoch until which it sleeps; Infinity for a server. */
  readonly blockedUntil: number;
  readonly listeners: readonly Listener[];
}

export interface Advance {
  readonly run: Run;
  readonly lines: readonly string[];
  /** Set once the process ended. */
  readonly exitCode: number | undefined;
}

/** A loop without a pause yields after this many instructions, for one nominal second. */
const INSTRUCTIONS_PER_TURN = 200;

export function startRun(program: Program, variables: Environment): Run {
  return { program, counter: 0, lastCode: 0, variables, blockedUntil: 0, listeners: [] };
}

/** Runs a process up to `site.now`. */
export function advanceRun(start: Run, site: CommandSite): Advance {
  const lines: string[] = [];
  let run = start;
  for (let turn = 0; run.blockedUntil <= site.now; turn += 1) {
    if (turn >= INSTRUCTIONS_PER_TURN) {
      return { run: { ...run, blockedUntil: site.now + site.second }, lines, exitCode: undefined };
    }
    const instruction = run.program[run.counter];
    if (instruction === undefined) return { run, lines, exitCode: run.lastCode };
    if (instruction.op === 'jump') {
      run = { ...run, counter: instruction.to };
      continue;
    }
    if (instruction.op === 'jump-if') {
      const taken = (run.lastCode === 0) === instruction.succeeded;
      const lastCode = taken && instruction.clears ? 0 : run.lastCode;
      run = { ...run, lastCode, counter: taken ? instruction.to : run.counter + 1 };
      continue;
    }
    const effect = runCommand(instruction.words, run, site);
    lines.push(...(effect.lines ?? []));
    if (effect.exit !== undefined) return { run, lines, exitCode: effect.exit };
    if (effect.again === true) {
      return { run: { ...run, blockedUntil: site.now + site.second }, lines, exitCode: undefined };
    }
    const waits = instruction.background ? undefined : effect.blockedUntil;
    run = {
      ...run,
      counter: effect.replacesShell === true ? run.program.length : run.counter + 1,
      lastCode: effect.code ?? 0,
      variables: { ...run.variables, ...effect.variables },
      listeners: effect.listener ? [...run.listeners, effect.listener] : run.listeners,
      blockedUntil: waits ?? 0,
    };
  }
  return { run, lines, exitCode: undefined };
}
