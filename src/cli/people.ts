import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { randomIds } from '../core/ids.ts';
import { packageVersion } from '../core/version.ts';
import { configOf } from './options.ts';
import { terminal } from './terminal.ts';

/** The policy command, wired to this process and to the tools of this build. */
export async function policy(): Promise<Command> {
  const [{ policyCommand }, { allTools }, { PREDICATES }] = await Promise.all([
    import('./policy.ts'),
    import('../tools/catalogue.ts'),
    import('../severity/predicates/index.ts'),
  ]);
  return policyCommand({
    ...terminal,
    tools: allTools(systemClock).map(({ name }) => name),
    predicates: PREDICATES.map(({ id }) => id),
  });
}

/** The audit command, wired to this process and to the journal that the environment names. */
export async function audit(): Promise<Command> {
  const [{ auditCommand }, { reportCommand }, { openJournalReader }] = await Promise.all([
    import('./audit.ts'),
    import('./audit-report.ts'),
    import('../journal/open.ts'),
  ]);
  const pathOf = (journal: string | undefined) =>
    configOf(journal === undefined ? {} : { journal }).journal;
  const report = reportCommand({
    ...terminal,
    clock: systemClock,
    version: packageVersion(),
    open: (journal) => openJournalReader({ path: pathOf(journal), env: process.env }),
    redaction: async (policy) => {
      const { loadPolicy } = await import('../policy/load.ts');
      return loadPolicy(configOf(policy === undefined ? {} : { policy }).policy).redaction;
    },
  });
  return auditCommand(terminal, (journal) =>
    openJournalReader({ path: pathOf(journal) }),
  ).addCommand(report);
}

/** The journal command, wired to this process. */
export async function journal(): Promise<Command> {
  const [{ journalCommand }, { osUser }] = await Promise.all([
    import('./journal.ts'),
    import('../server/actor.ts'),
  ]);
  return journalCommand({
    ...terminal,
    exit: (code) => {
      process.exitCode = code;
    },
    clock: systemClock,
    actor: { client: 'cli', principal: osUser(), session: `cli-${process.pid}` },
    newCall: () => randomIds.call(),
    journalPath: (option) => configOf(option === undefined ? {} : { journal: option }).journal,
  });
}

/** The approvals command, wired to this process and to the journal that the environment names. */
export async function approvals(): Promise<Command> {
  const [{ approvalsCommand }, { decidingHere }] = await Promise.all([
    import('./approvals.ts'),
    import('./deciding-here.ts'),
  ]);
  return approvalsCommand({
    ...terminal,
    ...decidingHere,
    ask: process.stdin.isTTY && process.stdout.isTTY ? askAtTerminal : undefined,
  });
}

/** The watch command, wired to this process. */
export async function watch(): Promise<Command> {
  const [{ watchCommand }, { decidingHere }] = await Promise.all([
    import('./watch.ts'),
    import('./deciding-here.ts'),
  ]);
  return watchCommand({ ...terminal, ...decidingHere });
}

async function askAtTerminal(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
