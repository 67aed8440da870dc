import { writeSync } from 'node:fs';
import { systemClock } from '../../src/core/clock.ts';
import { openJournal } from '../../src/journal/open.ts';
import { call, step, transaction } from './support-rows.ts';

/** One read and one change as a server journals them; a line on stdout before each write. */
const path = process.argv[2] ?? '';
const journal = openJournal({ path, env: {}, clock: systemClock });
const lock = journal.lock.acquire();
if (lock.kind === 'busy') throw new Error('The lock of a fresh journal is taken.');
const { epoch } = lock;
const { audit, transactions } = journal;

const next = (what: string) => writeSync(1, `${what}\n`);
const done = { decision: 'allow', outcome: 'ok', durationMs: 1 } as const;

next('read');
audit.start(call('read'));
audit.end({ call: 'read', ...done });
next('begin');
const { id } = transactions.create(transaction({ epoch }));
next('start');
audit.start(call('change', { tool: 'mitigate_scale' }));
next('INTENT');
transactions.addStep(step({ transaction: id }), { pre: Buffer.from('{}') }, epoch);
next('APPLIED');
transactions.moveStep(id, 1, ['INTENT'], 'APPLIED', epoch);
next('VERIFIED');
transactions.moveStep(id, 1, ['APPLIED'], 'VERIFIED', epoch);
next('end');
audit.end({ call: 'change', ...done }, { synced: true });
next('COMMIT_DECIDED');
transactions.move(id, ['OPEN'], 'COMMIT_DECIDED', epoch);
next('UNDO_INTENT');
transactions.moveStep(id, 1, ['VERIFIED'], 'UNDO_INTENT', epoch);
next('UNDONE');
transactions.moveStep(id, 1, ['UNDO_INTENT'], 'UNDONE', epoch);
next('close');
journal.close();
