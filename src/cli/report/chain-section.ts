import { type Html, html } from './html.ts';
import { badge, facts, moment } from './parts.ts';
import type { Report } from './types.ts';

/** What the hash chain proves about the rows that this page tells. */
export function chainSection({ chain, rows, at }: Report): Html {
  const first = rows[0];
  const last = rows.at(-1);
  const row = (seq: number, hash: string) => html`row ${seq}, <code>${hash}</code>`;
  const told = [
    ['First row told here', first && row(first.seq, first.hash)],
    ['Last row told here', last && row(last.seq, last.hash)],
  ] as const;
  if (!chain.ok) {
    return html`<section aria-labelledby="proof">
<h2 id="proof">Proof</h2>
<p>${badge('bad', 'The chain is broken')} at row ${chain.brokenAt}. ${chain.reason}</p>
<p>What this page tells of rows from there on may have been changed after it happened.</p>
${facts(told)}
</section>`;
  }
  const { pruned } = chain;
  const begin = (pruned?.rows ?? 0) + 1;
  return html`<section aria-labelledby="proof">
<h2 id="proof">Proof</h2>
<p>${badge('good', 'The chain is whole')} All rows of the audit log from ${begin} to ${chain.rows} were hashed again when this page was made, and none differs.</p>
${facts([
  ['Checked at', moment(at)],
  ['Rows checked', `${begin} to ${chain.rows}`],
  [
    'Pruned before',
    pruned &&
      html`rows 1 to ${pruned.rows}, until ${moment(pruned.until)}; a row of the chain says so`,
  ],
  ...told,
  ['Head of the chain', row(chain.rows, chain.head)],
])}
<p>The hash of each row is SHA-256 over the row and the hash before it. A row that is changed, removed, inserted or moved changes every hash after it, up to the head. Whoever kept the head elsewhere can tell later that nothing up to row ${chain.rows} was rewritten: <code>stratus-mcp audit export</code> prints each row with its hash, and <code>stratus-mcp audit verify</code> computes them again. Against somebody who may write the journal and nobody kept a head, a chain alone proves nothing; nor does this page, which is a copy.</p>
</section>`;
}
