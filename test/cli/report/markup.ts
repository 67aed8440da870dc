/** A start or end tag, or a declaration, with what stands in it. */
export interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface Parsed {
  readonly tags: readonly Tag[];
  /** Everything between the tags, entities resolved. */
  readonly text: string;
}

const TOKEN =
  /<(!doctype html|\/?[a-z][a-z0-9]*)((?: [a-zA-Z][a-zA-Z0-9-]*="[^"<>]*")*)( ?\/)?>|<|>|[^<>]+/g;
const ATTRIBUTE = / ([a-zA-Z][a-zA-Z0-9-]*)="([^"<>]*)"/g;

/**
 * Reads a page that keeps to a part of HTML which every parser reads alike: attributes in double quotes, no
 * `<` or `>` outside of tags, every `&` the start of a decimal reference. Anything else is an error.
 */
export function parse(page: string): Parsed {
  const tags: Tag[] = [];
  let text = '';
  for (const [token, name, attributes = ''] of page.matchAll(TOKEN)) {
    if (token === '<' || token === '>')
      throw new Error(`A lone ${token} in the page after ${text.slice(-80)}`);
    if (name === undefined) {
      text += resolved(token);
      continue;
    }
    const found = [...attributes.matchAll(ATTRIBUTE)];
    tags.push({
      name,
      attributes: new Map(found.map(([, key = '', value = '']) => [key, resolved(value)])),
    });
  }
  return { tags, text };
}

function resolved(text: string): string {
  if (/&(?!#\d+;)/.test(text)) throw new Error('An & that is no reference.');
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}
