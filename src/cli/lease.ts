import { Command } from 'commander';
import type { Flags } from '../core/config.ts';
import { StratusError } from '../core/errors.ts';
import type { LeaseView } from '../transaction/lease-types.ts';
import { guarded } from './fail.ts';
import { withServerOptions } from './options.ts';
import { audited, callerIn, change, run } from './runtime.ts';

const LOOK_MS = 15_000;

/** `stratus-mcp lease show|break`, for a person at a terminal. Answers are JSON. */
export function leaseCommand(): Command {
  const group = new Command('lease').description(
    'show who may write, and free the Lease of a host that is gone',
  );
  const add = (word: string, description: string) =>
    withServerOptions(group.command(word)).description(description);

  add('show', 'who holds the Lease, and which transaction is open').action(
    guarded((flags: Flags) =>
      run(flags, async (runtime) => {
        const { engine } = await runtime.cluster();
        return shown(await engine.lease({ timeoutMs: LOOK_MS }));
      }),
    ),
  );
  add('break', 'free it from a host that is gone for good; what that host wrote stays as it is')
    .requiredOption('--note <text>', 'what you know of that host; kept in the audit log')
    .action(
      guarded((flags: Flags & { note: string }) =>
        change(flags, (runtime) =>
          audited(runtime, 'cli lease break', { note: flags.note }, async () => {
            const { engine } = await runtime.cluster();
            const was = await engine.breakLease(flags.note, callerIn(runtime));
            return { freed: true, was: shown(was), next: nextOf(was) };
          }),
        ),
      ),
    );
  return group;
}

function shown(view: LeaseView | undefined): object {
  if (view === undefined) {
    throw new StratusError(
      'not_found',
      'There is no Lease: nobody has written yet, or it is off.',
      {
        next: 'Nothing has to be done: the first writer makes it.',
      },
    );
  }
  const { lease, epoch, sentence, holder = null, open = null } = view;
  return { lease, epoch, sentence, holder, open_transaction: open };
}

function nextOf({ open }: LeaseView): string {
  if (open === undefined) return 'Other servers can write again.';
  return `What ${open.transaction} wrote is still there, and only journal ${open.journal} on ${open.host} knows how to take it back. Look at what it may have left: kubectl get events, the API server's audit log, observe_health. Should that host come back, its server takes it back by itself.`;
}
