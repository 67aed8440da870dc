import type { Masking } from './redact-text.ts';

const MENTIONS_SECRET = /\bkind\\*["']?\s*:\s*\\*["']?Secret\b/;
const FLOW = /((\\{0,8}["']?)\b(?:data|stringData)\2\s{0,4}:\s{0,4})\{([^{}]+)\}/g;
const BLOCK = /^(\s*(?:- )?)["']?(?:data|stringData)["']?\s*:\s*(?:#.*)?$/;

/**
 * Masks the data of Secrets whose manifests stand in other text: a ConfigMap of manifests, an
 * annotation, a log. Where a text mentions a Secret, no `data` in it is shown.
 */
export function scrubEmbeddedSecrets(text: string, masking: Masking): string {
  if (!MENTIONS_SECRET.test(text)) return text;
  const flat = text.replace(
    FLOW,
    (_, before: string, _quote: string, data: string) => `${before}{${masking.mask('', data)}}`,
  );
  const out: string[] = [];
  let hidden: { indent: number; lines: string[] } | undefined;
  const close = () => {
    if (hidden && hidden.lines.length > 0) {
      const mark = masking.mask('', hidden.lines.join('\n'));
      out.push(`${' '.repeat(hidden.indent + 2)}${mark}`);
    }
    hidden = undefined;
  };
  for (const line of flat.split('\n')) {
    if (hidden && (line.trim() === '' || line.search(/\S/) > hidden.indent)) {
      hidden.lines.push(line);
      continue;
    }
    close();
    out.push(line);
    const [, indent] = BLOCK.exec(line) ?? [];
    if (indent !== undefined) hidden = { indent: indent.length, lines: [] };
  }
  close();
  return out.join('\n');
}
