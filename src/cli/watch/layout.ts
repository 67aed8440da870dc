import { type Line, type Look, span } from './line.ts';
import type { Row, Section } from './sections.ts';

/** Which sections a low terminal loses last. */
const IMPORTANCE = ['APPROVALS', 'TRANSACTIONS', 'INCIDENTS', 'CALLS', 'WRITER'];

/** The keys that can be chosen, from top to bottom. */
export function keysOf(sections: readonly Section[]): string[] {
  return sections.flatMap(({ rows }) => rows.flatMap(({ key }) => key ?? []));
}

/**
 * As many lines as there is room for. Each section gets its title, then rows in turns until the room is used up; the
 * one with the chosen row shows the part that has it.
 */
export function layOut(
  sections: readonly Section[],
  chosen: string | undefined,
  height: number,
  look: Look,
): Line[] {
  const has = ({ rows }: Section) => rows.some(({ key }) => key !== undefined && key === chosen);
  const ranked = [...sections].sort(
    (a, b) => Number(has(b)) - Number(has(a)) || rank(a.name) - rank(b.name),
  );
  const granted = new Map<Section, number>();
  let room = Math.max(0, height);
  for (const section of ranked) {
    // A title alone says nothing where there are rows; what is chosen is shown in any case.
    const least = has(section) ? 2 : 1;
    if (room < least) continue;
    granted.set(section, least - 1);
    room -= least;
  }
  for (let gave = true; room > 0 && gave; ) {
    gave = false;
    for (const section of ranked) {
      const rows = granted.get(section);
      if (room === 0 || rows === undefined || rows >= section.rows.length) continue;
      granted.set(section, rows + 1);
      room -= 1;
      gave = true;
    }
  }
  const lines = sections.flatMap((section) => {
    const rows = granted.get(section);
    return rows === undefined ? [] : shown(section, rows, chosen, look);
  });
  // With room for one line it is the chosen one's, or the first title.
  return lines.slice(0, Math.max(0, height));
}

function rank(name: string): number {
  const place = IMPORTANCE.indexOf(name);
  return place < 0 ? IMPORTANCE.length : place;
}

function shown(
  { title, rows }: Section,
  room: number,
  chosen: string | undefined,
  look: Look,
): Line[] {
  const at = rows.findIndex(({ key }) => key !== undefined && key === chosen);
  const first = Math.max(0, Math.min(at - Math.floor(room / 2), rows.length - room));
  const part = rows.slice(first, first + room);
  const cut =
    part.length < rows.length && rows.length > 0
      ? [span(`  (${part.length} of ${rows.length} shown)`, 'dim', look)]
      : [];
  return [[...title, ...cut], ...part.map((row) => marked(row, row.key === chosen, look))];
}

/** The chosen row by a mark, not by its colour alone. */
export function marked({ key, line }: Row, chosen: boolean, look: Look): Line {
  const picked = chosen && key !== undefined;
  const body = picked ? line.map(({ text }) => ({ text, tone: 'picked' as const })) : line;
  return [span(picked ? '> ' : '  ', picked ? 'picked' : 'plain', look), ...body];
}
