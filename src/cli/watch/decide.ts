import { StratusError } from '../../core/errors.ts';
import type { Journal } from '../../journal/types.ts';
import { openedPlan } from '../../transaction/plan-of-approval.ts';
import { approvalText } from '../approvals-text.ts';
import {
  approvalOf,
  approveByDigest,
  type Deciding,
  decideApproval,
  waitingApproval,
} from '../decide-approval.ts';

/** A person who decides at this screen. */
export interface Desk extends Deciding {
  /** Opens the journal for deciding. */
  readonly open: () => Journal;
  /** Shows a text with a question below it. Rejects when the person wants no decision. */
  readonly ask: (title: string, text: string, question: string) => Promise<string>;
}

/** The whole plan of an approval. @throws StratusError */
export function planText(desk: Pick<Desk, 'open' | 'clock'>, id: string): string {
  const journal = desk.open();
  try {
    return approvalText(approvalOf(journal, id), openedPlan(journal, id), desk.clock.now());
  } finally {
    journal.close();
  }
}

/** What `approvals approve` and `approvals refuse` do, at this screen. @returns what happened @throws StratusError */
export async function decideAt(desk: Desk, id: string, to: 'approve' | 'refuse'): Promise<string> {
  const journal = desk.open();
  try {
    journal.approvals.expire();
    const row = waitingApproval(journal, id);
    if (to === 'approve') {
      let shown = '';
      const after = await approveByDigest(
        {
          ...desk,
          stdout: (text) => {
            shown += text;
          },
          ask: (question) => desk.ask(`approve ${id}`, shown, question),
        },
        journal,
        row,
      );
      const until = new Date(after.useBy ?? 0).toISOString().slice(11, 19);
      return `${id} is approved for one run until ${until} UTC. The assistant repeats its call now.`;
    }
    const text = approvalText(row, openedPlan(journal, id), desk.clock.now());
    const question = 'To refuse it, say why, and what to do instead; the assistant is told:';
    const note = (await desk.ask(`refuse ${id}`, text, question)).trim();
    if (note === '') {
      throw new StratusError('cancelled', `${id} was not refused: a refusal needs a note.`);
    }
    decideApproval(desk, journal, waitingApproval(journal, id), 'REFUSED', note);
    return `${id} is refused.`;
  } finally {
    journal.close();
  }
}
