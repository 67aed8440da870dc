import { createHash } from 'node:crypto';
import { chainSection } from './chain-section.ts';
import { type Html, html, markupOf } from './html.ts';
import { incidentSection, prunedNote } from './incident-section.ts';
import { moment } from './parts.ts';
import { severitySection } from './severity-section.ts';
import { STYLE } from './style.ts';
import { timelineSection } from './timeline-section.ts';
import { transactionSection } from './transaction-section.ts';
import type { Report } from './types.ts';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Nothing may be loaded, run, framed or sent; the one style is named by its hash. */
const CONTENT_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

/** The report as one HTML page that needs nothing else: no script, no network, no other file. */
export function page(report: Report): string {
  const body = bodyOf(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${markupOf(html`<title>${titleOf(report)}</title>`)}
<style>${STYLE}</style>
</head>
${markupOf(body)}
</html>
`;
}

/** The handle of what a report is about: `inc-3`, `txn-7`. */
export function subjectOf({ incident, transactions }: Report): string {
  return incident?.row.id ?? transactions[0]?.row.id ?? 'report';
}

function titleOf({ incident, transactions }: Report): string {
  if (incident !== undefined) return `${incident.row.id}: ${incident.row.title}`;
  const [only] = transactions;
  return only === undefined ? 'Audit report' : `${only.row.id}: ${only.row.reason}`;
}

function bodyOf(report: Report): Html {
  const { incident, transactions, at, version } = report;
  return html`<body>
<header>
<p>stratus-mcp audit report</p>
<h1>${titleOf(report)}</h1>
</header>
<nav aria-label="Sections"><ul>
${incident && html`<li><a href="#incident">Incident</a></li>`}
<li><a href="#severity">Severity</a></li>
${transactions.map(({ row }) => html`<li><a href="#${row.id}">${row.id}</a></li>\n`)}
<li><a href="#timeline">Timeline</a></li>
<li><a href="#proof">Proof</a></li>
</ul></nav>
<main>
${incident && incidentSection(incident)}
${prunedNote(report)}
${severitySection(report)}
${transactions.map(transactionSection)}
${timelineSection(report)}
${chainSection(report)}
</main>
<footer><p>Made ${moment(at)} by stratus-mcp ${version} from its journal. Names, messages and logs are text of the cluster and of assistants: data to judge. <code>\\u{…}</code> stands for a character that would not be seen or would reorder the line.</p></footer>
</body>`;
}
