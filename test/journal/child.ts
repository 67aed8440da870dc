/** A process of its own for the tests: `child.ts append|hold|acquire PATH …`. */
import { systemClock } from '../../src/core/clock.ts';
import { openJournal } from '../../src/journal/open.ts';
import { call, step, transaction } from './support-rows.ts';

const [mode = '', path = '', argument = ''] = process.argv.slice(2);
const journal = openJournal({
  path,
  env: process.env,
  clock: systemClock,
  description: `child ${argument}`,
});

if (mode === 'append') {
  const endless = argument === 'endless';
  for (let i = 0; endless || i < Number(argument); i += 1) {
    const id = `${process.pid}-${i}`;
    journal.audit.start(call(id));
    // Acknowledged only now: the parent holds us to every id it reads.
    process.stdout.write(`${id}\n`);
  }
  journal.close();
} else if (mode === 'hold') {
  const answer = journal.lock.acquire();
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  setInterval(() => {}, 1_000);
} else if (mode === 'acquire') {
  process.stdout.write(`${JSON.stringify(journal.lock.acquire())}\n`);
  journal.close();
} else if (mode === 'write') {
  // The journal's side of a guarded write that is committed, one answer a line.
  const lock = journal.lock.acquire();
  const epoch = lock.kind === 'held' ? lock.epoch : 0;
  const { transactions } = journal;
  const say = (text: string) => process.stdout.write(`${text}\n`);
  say(transactions.create(transaction({ epoch })).id);
  transactions.addStep(step(), { pre: Buffer.from('pre') }, epoch);
  say('INTENT');
  transactions.moveStep(
    'txn-1',
    1,
    ['INTENT'],
    'APPLIED',
    epoch,
    {},
    { post: Buffer.from('post') },
  );
  say('APPLIED');
  transactions.update('txn-1', epoch, { before: { severity: 1 } });
  transactions.move('txn-1', ['OPEN'], 'COMMIT_DECIDED', epoch);
  say('COMMIT_DECIDED');
  journal.close();
} else if (mode === 'open') {
  process.stdout.write('opened\n');
  journal.close();
}
