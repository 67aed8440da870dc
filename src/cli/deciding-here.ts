import { systemClock } from '../core/clock.ts';
import { randomIds } from '../core/ids.ts';
import { openJournal, openJournalReader } from '../journal/open.ts';
import type { Journal } from '../journal/types.ts';
import { osUser } from '../server/actor.ts';
import type { Deciding } from './decide-approval.ts';
import { configOf } from './options.ts';

/** Deciding as the user of this process, in the journal that the option or the environment names. */
export const decidingHere: Deciding & { open: (path: string | undefined) => Journal } = {
  clock: systemClock,
  actor: { client: 'cli', principal: osUser(), session: `cli-${process.pid}` },
  newCall: () => randomIds.call(),
  open: (option) => {
    const path = configOf(option === undefined ? {} : { journal: option }).journal;
    // A mistyped path must not make a new journal.
    openJournalReader({ path }).close();
    return openJournal({ path, env: process.env, clock: systemClock, description: 'approvals' });
  },
};
