import { Command } from 'commander';
import type { Flags } from '../core/config.ts';
import { StratusError } from '../core/errors.ts';
import type { Journal } from '../journal/types.ts';
import type { Deciding } from './decide-approval.ts';
import { guarded } from './fail.ts';
import { configOf, withSettings } from './options.ts';
import { runWatch } from './watch/app.ts';
import { leaseLook, watchLease } from './watch/lease-look.ts';
import { snapshotJson, snapshotText } from './watch/snapshot.ts';
import { openSource } from './watch/source.ts';

/** What the command needs of its process. */
export interface WatchIo extends Deciding {
  readonly stdout: (text: string) => unknown;
  /** Opens an existing journal for deciding. */
  readonly open: (path: string | undefined) => Journal;
}

interface WatchFlags extends Flags {
  readonly askCluster?: boolean;
  readonly once?: boolean;
  readonly json?: boolean;
}

/** `stratus-mcp watch`: what assistants are doing, live. It reads the journal, and decides as `approvals` does. */
export function watchCommand(io: WatchIo): Command {
  const command = new Command('watch').description(
    'show live what assistants are doing; approve or refuse from there',
  );
  return withSettings(command, ['journal', 'kubeconfig', 'context', 'lease'])
    .option('--ask-cluster', 'ask the cluster who holds the Lease; needs a kubeconfig')
    .option('--once', 'print what is going on now, and end')
    .option('--json', 'the same as one JSON document')
    .action(
      guarded(({ askCluster = false, once = false, json = false, ...flags }: WatchFlags) =>
        once || json ? snapshot(io, flags, askCluster, json) : live(io, flags, askCluster),
      ),
    );
}

async function snapshot(io: WatchIo, flags: Flags, askCluster: boolean, json: boolean) {
  const config = configOf(flags);
  const source = openSource(config.journal, io.clock);
  try {
    source.poll();
    const { state, trouble = 'It could not be read.' } = source;
    if (state === undefined) {
      throw new StratusError('journal_unavailable', trouble, {
        next: 'Name the journal file of the server with --journal, or start the server once.',
      });
    }
    const look = askCluster ? leaseLook(config, io.clock) : undefined;
    const lease = await look?.look();
    await look?.close();
    io.stdout(json ? snapshotJson(state, lease) : snapshotText(state, lease));
  } finally {
    source.close();
  }
}

async function live(io: WatchIo, flags: Flags, askCluster: boolean): Promise<void> {
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY || env.TERM === 'dumb') {
    throw new StratusError('invalid_arguments', 'watch needs a terminal to draw on.', {
      next: 'stratus-mcp watch --once prints what is going on now; --json as one JSON document.',
    });
  }
  const config = configOf(flags);
  const look = askCluster ? leaseLook(config, io.clock) : undefined;
  const code = await runWatch({
    ...{ stdin, stdout, journal: config.journal },
    source: openSource(config.journal, io.clock),
    desk: { ...io, open: () => io.open(config.journal) },
    look: {
      unicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ''),
      // https://no-color.org: present and not empty.
      colour: !env.NO_COLOR,
    },
    ...(look && {
      leases: (told, signal) => watchLease(look, io.clock, told, signal),
    }),
  });
  await look?.close();
  process.exitCode = code;
}
