// What differs from one line of a log to the next of the same kind. Each alternative begins at a word
// and runs over it once, so that a hostile line takes no longer than an innocent one of its length.
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const CLOCK = '\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?';
const ZONE = '(?: ?(?:Z|UTC|GMT|[+-]\\d{2}:?\\d{2}))?';
const SAFE = 'bcdfghjklmnpqrstvwxz2456789';
const PARTS: readonly (readonly [name: string, pattern: string])[] = [
  // 2026-01-31T12:00:00.123Z, 2026/01/31 12:00:00, 31/Jan/2026:12:00:00 +0000, Jan 31 12:00:00, 12:00:00.123
  ['time', `\\b\\d{4}[-/]\\d{2}[-/]\\d{2}(?:[T ]${CLOCK}${ZONE})?\\b`],
  ['time', `\\b\\d{1,2}[/ ]${MONTH}[/ ]\\d{4}(?:[: ]${CLOCK}${ZONE})?\\b`],
  ['time', `\\b${MONTH} {1,2}\\d{1,2} ${CLOCK}\\b`],
  // The stamp of klog: I0131 12:00:00.123456
  ['time', `(?<=\\b[IWEF])\\d{4} ${CLOCK}\\b`],
  ['time', `\\b${CLOCK}${ZONE}\\b`],
  ['id', '\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b'],
  ['addr', '\\b\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}(?:[:/]\\d{1,5})?\\b'],
  ['addr', '\\[(?=[0-9a-f:]*\\d)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\\](?::\\d{1,5}\\b)?'],
  ['addr', '(?<![\\w:])(?=[0-9a-f:]*\\d)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\\w:])'],
  ['id', '\\b0x[0-9a-f]+\\b'],
  // web-7d9f8b6c5d-x2x4z: what Kubernetes hangs on generated names has these characters only.
  ['id', `(?<=\\w-)[${SAFE}]{7,10}-[${SAFE}]{5}(?![\\w<-])`],
  ['id', `(?<=\\w-)(?=[a-z]*\\d)[${SAFE}]{5}(?![\\w<-])`],
  ['id', '\\b(?=[a-f]*\\d)(?=\\d*[a-f])[0-9a-f]{8,}\\b'],
  ['id', '\\b(?=[a-z_]*\\d)(?=[\\d_]*[a-z])[a-z0-9_]{20,}\\b'],
  [
    'n',
    '\\d+(?:[.,]\\d+)*(?:(?:[hm]\\d+(?:\\.\\d+)?)+s\\b|(?:[nuµ]s|ms|[smh]|[KMGT]i?B?|B|%)(?![a-z]))?',
  ],
];
const VARIABLE = new RegExp(PARTS.map(([, pattern]) => `(${pattern})`).join('|'), 'gi');

// A status says what kind of line it is: 200 and 500 are never one template.
const STATUS =
  /\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \S{1,2000} (?:HTTP\/[\d.]{1,5})?"? ?([1-5]\d\d)(?![\w.])/;
const TOLD = /\b(?:status|code|signal|errno)(?:"|')?[ =:]{1,3}$/i;

/** Of a longer line only the beginning tells what kind it is. */
const MOST = 2_000;

/**
 * The kind of a line: its times, addresses, ids and numbers as `<time>`, `<addr>`, `<id>` and `<n>`. The status of a
 * request, an exit code and the like stay as they are.
 */
export function templateText(line: string): string {
  const text = line.length > MOST ? `${line.slice(0, MOST)}…` : line;
  const status = STATUS.exec(text);
  const kept = status === null ? -1 : status.index + status[0].length - 3;
  return text.replace(VARIABLE, (found: string, ...rest: unknown[]) => {
    const groups = rest.slice(0, PARTS.length);
    const offset = Number(rest[PARTS.length]);
    const name = PARTS[groups.findIndex((group) => group !== undefined)]?.[0] ?? 'n';
    const told = name === 'n' && /^\d{1,3}$/.test(found);
    if (offset === kept || (told && TOLD.test(text.slice(Math.max(0, offset - 12), offset)))) {
      return found;
    }
    return `<${name}>`;
  });
}
