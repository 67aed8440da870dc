import { dateOf } from '../time-option.ts';
import { type Entry, entriesOf } from './entries.ts';
import { type Html, html } from './html.ts';
import { clock } from './parts.ts';
import type { Report } from './types.ts';

/** Everything in the order in which it happened. */
export function timelineSection({ rows, more, transactions }: Report): Html {
  const samples = transactions.flatMap((each) => each.samples).sort((a, b) => a.at - b.at);
  const days: { day: string; entries: Entry[] }[] = [];
  for (const entry of entriesOf(rows, samples)) {
    const day = dateOf(entry.at);
    const last = days.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else days.push({ day, entries: [entry] });
  }
  const left =
    more === 0
      ? undefined
      : html`<p>${more} later rows are left out: see <code>stratus-mcp audit list</code>.</p>`;
  return html`<section aria-labelledby="timeline">
<h2 id="timeline">Timeline</h2>
<p>Calls, changes of state, measurements and undo, in order. Times are UTC.</p>
${days.map(({ day, entries }) => html`<h3>${day}</h3>\n<ol class="timeline">\n${entries.map(line)}</ol>\n`)}
${left}
</section>`;
}

function line({ at, sort, what, tone, more }: Entry): Html {
  const said = more.map((each) => html`<span class="more">${each}</span>`);
  const text = tone === 'bad' ? html`<strong>${what}</strong>` : html`<span>${what}</span>`;
  return html`<li>${clock(at)} <span class="sort">${sort}</span> <span class="what">${text}${said}</span></li>\n`;
}
