import { plainText } from '../../core/plain-text.ts';

/** What a template may be filled with. Only what {@link html} made is markup; everything else is text. */
export type Filling = Html | readonly (Html | undefined)[] | string | number | undefined;

class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  static markupOf(html: Html): string {
    return html.#markup;
  }
}

export type { Html };

/**
 * Markup from a template of our own. What is filled in stays text: it is escaped for elements and for
 * attributes in double quotes alike, and control characters, bidirectional overrides and invisible
 * characters become visible as `\u{202e}`.
 */
export function html(parts: TemplateStringsArray, ...fillings: readonly Filling[]): Html {
  const filled = parts.map((part, i) => (i === 0 ? part : filling(fillings[i - 1]) + part));
  return new Html(filled.join(''));
}

/** The text of what {@link html} made. */
export function markupOf(made: Html): string {
  return Html.markupOf(made);
}

function filling(value: Filling): string {
  if (value === undefined) return '';
  if (value instanceof Html) return markupOf(value);
  if (typeof value === 'string') return escaped(value);
  return typeof value === 'number' ? String(value) : value.map(filling).join('');
}

// The one place where text from elsewhere becomes part of a page.
function escaped(text: string): string {
  return plainText(text).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
