import { type Html, html } from './html.ts';

/** A measurement; `undefined` where severity could not be told. */
export interface Point {
  readonly at: number;
  readonly value: number | undefined;
}

/** Something that happened at a moment, told below the chart under its mark. */
export interface Mark {
  readonly at: number;
  /** One or two characters. */
  readonly mark: string;
  readonly text: string;
}

const HEIGHT = 220;
const TOP = 34;
const BOTTOM = 190;
/** Room at both sides, so that the outermost dots are whole; percent of the width. */
const SIDE = 2;
/** Marks that are closer than this, in percent of the width, share one. */
const CLOSE = 5;

interface Scale {
  readonly x: (at: number) => string;
  readonly share: (at: number) => number;
  readonly y: (value: number) => string;
}

/**
 * Severity over time. Positions across are percentages and everything else is in pixels of the page, so
 * that it fits any width with text of its usual size.
 * @returns undefined when nothing was measured
 */
export function chart(
  points: readonly Point[],
  baseline: number | undefined,
  marks: readonly Mark[],
): Html | undefined {
  const values = points.flatMap(({ value }) => value ?? []);
  if (points.length === 0) return undefined;
  const highest = Math.max(...values, baseline ?? 0, 1);
  const scale = scaleOf([...points, ...marks], highest);
  const told = `Severity over time: ${values.length} measurements, the first ${values[0] ?? 'unknown'}, the highest ${values.length > 0 ? Math.max(...values) : 'unknown'}, the last ${points.at(-1)?.value ?? 'unknown'}${baseline === undefined ? '' : `, baseline ${baseline}`}.`;
  return html`<svg class="chart" role="img" aria-label="${told}" width="100%" height="${HEIGHT}">
${[0, highest].map((value) => grid(scale, value))}
${baselineOf(scale, baseline)}
${spaced(marks, scale).map((mark) => markOf(scale, mark))}
${lines(points, scale)}
${points.map((point) => dot(scale, point))}
</svg>`;
}

function scaleOf(moments: readonly { at: number }[], highest: number): Scale {
  const times = moments.map(({ at }) => at);
  const first = Math.min(...times);
  const span = Math.max(Math.max(...times) - first, 1);
  const share = (at: number) => SIDE + ((at - first) / span) * (100 - 2 * SIDE);
  return {
    share,
    x: (at) => `${share(at).toFixed(2)}%`,
    y: (value) => (BOTTOM - (value / highest) * (BOTTOM - TOP)).toFixed(1),
  };
}

function grid({ y }: Scale, value: number): Html {
  return html`<line class="grid" x1="0" x2="100%" y1="${y(value)}" y2="${y(value)}"/><text x="0" y="${(Number(y(value)) - 5).toFixed(1)}">${shown(value)}</text>\n`;
}

function baselineOf({ y }: Scale, value: number | undefined): Html | undefined {
  if (value === undefined) return undefined;
  return html`<line class="baseline" x1="0" x2="100%" y1="${y(value)}" y2="${y(value)}"/><text class="end" x="100%" y="${(Number(y(value)) - 5).toFixed(1)}">baseline ${shown(value)}</text>`;
}

function markOf({ x }: Scale, { at, mark }: Mark): Html {
  return html`<line class="mark" x1="${x(at)}" x2="${x(at)}" y1="18" y2="${BOTTOM}"/><text class="middle" x="${x(at)}" y="13">${mark}</text>\n`;
}

// Each mark keeps its line in the list below the chart; here they must not cover each other.
function spaced(marks: readonly Mark[], { share }: Scale): Mark[] {
  const kept: Mark[] = [];
  for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
    const last = kept.at(-1);
    if (last === undefined || share(mark.at) - share(last.at) >= CLOSE) kept.push(mark);
  }
  return kept;
}

function lines(points: readonly Point[], { x, y }: Scale): Html[] {
  return points.flatMap((to, i) => {
    const from = points[i - 1];
    if (from?.value === undefined || to.value === undefined) return [];
    return html`<line class="series" x1="${x(from.at)}" y1="${y(from.value)}" x2="${x(to.at)}" y2="${y(to.value)}"/>\n`;
  });
}

function dot({ x, y }: Scale, { at, value }: Point): Html {
  if (value === undefined)
    return html`<text class="middle" x="${x(at)}" y="${BOTTOM + 16}">?</text>\n`;
  return html`<circle class="dot" cx="${x(at)}" cy="${y(value)}" r="3.5"/>\n`;
}

function shown(value: number): string {
  return String(Math.round(value * 100) / 100);
}
