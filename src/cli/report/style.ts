const LIGHT = `
  --page: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --panel: #f6f8fa;
  --good: #116329; --good-page: #dafbe1; --bad: #a40e26; --bad-page: #ffebe9;
  --open: #6b4700; --open-page: #fff3c4; --series: #0a57b5; --link: #0a57b5;`;

const DARK = `
  --page: #0d1117; --ink: #e6edf3; --soft: #9da7b3; --line: #3d444d; --panel: #161b22;
  --good: #6fdd8b; --good-page: #12351f; --bad: #ff9a92; --bad-page: #4a1418;
  --open: #f2cc60; --open-page: #3a2d06; --series: #79b8ff; --link: #79b8ff;`;

/** The style of the page: light, dark, narrow and on paper. Text of others stays in its own line of reading. */
export const STYLE = `
:root {${LIGHT}
  color-scheme: light dark;
}
@media screen and (prefers-color-scheme: dark) {
  :root {${DARK}
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
header p, figcaption, .more, footer, dt, caption { color: var(--soft); }
header p { margin: 0; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
h4, h5 { font-size: 1rem; margin: 1rem 0 .25rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0; padding: 0; }
ul, ol { padding-left: 1.25rem; margin: .25rem 0; }
code, pre, .timeline time { font-family: ui-monospace, monospace; font-size: .875em; }
code, span, strong, li, dd, td, th, h1, h4 { unicode-bidi: isolate; }
time { white-space: nowrap; }
dl { margin: .5rem 0; }
dl div { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 0 1rem; }
dd { margin: 0; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .25rem 1rem .75rem; margin: .75rem 0; }
.badge { display: inline-block; padding: 0 .5rem; border-radius: .5rem; border: 1px solid currentcolor; }
.good { color: var(--good); background: var(--good-page); }
.bad { color: var(--bad); background: var(--bad-page); }
.open { color: var(--open); background: var(--open-page); }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; }
caption { text-align: left; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border: 1px solid var(--line); }
thead th { background: var(--panel); }
tbody th { font-weight: 600; }
td ul { margin: 0; }
figure { margin: .5rem 0; }
.chart { display: block; overflow: visible; }
.chart text { fill: var(--soft); font-size: .8rem; }
.chart .middle { text-anchor: middle; }
.chart .end { text-anchor: end; }
.chart .grid { stroke: var(--line); }
.chart .mark { stroke: var(--soft); stroke-dasharray: 1 3; }
.chart .baseline { stroke: var(--soft); stroke-dasharray: 6 4; stroke-width: 1.5; }
.chart .series { stroke: var(--series); stroke-width: 2; }
.chart .dot { fill: var(--series); }
.marks { list-style: none; padding: 0; columns: 18rem; }
.marks li { break-inside: avoid; }
.diff {
  background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0;
  padding: .5rem; white-space: pre-wrap; line-height: 1.4;
}
.diff ins, .diff del, .diff span { display: block; text-decoration: none; }
.diff ins { color: var(--good); background: var(--good-page); }
.diff del { color: var(--bad); background: var(--bad-page); }
.diff .hunk { color: var(--soft); }
.timeline { list-style: none; padding: 0; }
.timeline li {
  display: grid; grid-template-columns: 7rem 6rem minmax(0, 1fr); gap: 0 .75rem;
  padding: .25rem 0; border-bottom: 1px solid var(--line);
}
.sort { color: var(--soft); }
.more { display: block; white-space: pre-wrap; }
.what .more { font-size: .875rem; }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); font-size: .875rem; }
@media (max-width: 40rem) {
  dl div, .timeline li { grid-template-columns: minmax(0, 1fr); }
  dl div { margin-bottom: .5rem; }
  article { padding: .25rem .5rem .5rem; }
  th, td { padding: .25rem; }
}
@media print {
  body { max-width: none; padding: 0; font-size: .85rem; }
  nav { display: none; }
  h2, h3, h4 { break-after: avoid; }
  tr, .timeline li, figure { break-inside: avoid; }
  .badge, .diff ins, .diff del { print-color-adjust: exact; }
}
`;
