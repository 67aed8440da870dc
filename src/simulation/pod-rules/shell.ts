import { type Token, tokenize } from './shell-tokens.ts';

/** A script as a flat list: commands, and jumps that depend on the last command's exit code. */
export type Instruction =
  | { readonly op: 'run'; readonly words: readonly string[]; readonly background: boolean }
  | { readonly op: 'jump'; to: number }
  /** The end of a loop or an `if` clears the exit code of its condition. */
  | { readonly op: 'jump-if'; readonly succeeded: boolean; readonly clears: boolean; to: number };

export type Program = readonly Instruction[];

const CLOSERS = new Set(['do', 'done', 'then', 'else', 'elif', 'fi']);
const UNKNOWN_GRAMMAR = new Set(['for', 'case', 'function', 'elif', '{', '}', '!']);

/**
 * Compiles the simple forms of `sh -c`: lists with `;`, `&&`, `||` and `&`,
 * `while` and `until` loops, `if` with `else`. Undefined for anything else.
 */
export function compileScript(script: string): Program | undefined {
  const tokens = tokenize(script);
  if (tokens === undefined) return undefined;
  const compiler = new Compiler(tokens);
  return compiler.compile();
}

class Compiler {
  readonly #tokens: readonly Token[];
  readonly #program: Instruction[] = [];
  #at = 0;
  #failed = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  compile(): Program | undefined {
    this.#list();
    return this.#failed || this.#at < this.#tokens.length ? undefined : this.#program;
  }

  #list(): void {
    while (!this.#failed) {
      while (this.#takeOperator(';'));
      const keyword = this.#keyword();
      if (this.#at >= this.#tokens.length || (keyword !== undefined && CLOSERS.has(keyword)))
        return;
      this.#chain();
    }
  }

  /** `a && b || c`: each part is skipped by a jump over it. */
  #chain(): void {
    this.#command();
    while (!this.#failed) {
      const operator = ['&&', '||'].find((text) => this.#takeOperator(text));
      if (operator === undefined) return;
      while (this.#takeOperator(';'));
      const jump = this.#jumpIf(operator === '||', false);
      this.#command();
      jump.to = this.#program.length;
    }
  }

  #command(): void {
    const keyword = this.#keyword();
    if (keyword === 'while' || keyword === 'until') this.#loop(keyword);
    else if (keyword === 'if') this.#if();
    else this.#simpleCommand(keyword);
  }

  #simpleCommand(keyword: string | undefined): void {
    if (keyword !== undefined && (UNKNOWN_GRAMMAR.has(keyword) || CLOSERS.has(keyword))) {
      this.#failed = true;
      return;
    }
    const words: string[] = [];
    for (let token = this.#tokens[this.#at]; token?.kind === 'word'; ) {
      words.push(token.text);
      this.#at += 1;
      token = this.#tokens[this.#at];
    }
    if (words.length === 0) {
      this.#failed = true;
      return;
    }
    // The exit code of a pipeline is its last command's, but its first one does the work here.
    while (this.#takeOperator('|')) {
      while (this.#tokens[this.#at]?.kind === 'word') this.#at += 1;
    }
    this.#program.push({ op: 'run', words, background: this.#takeOperator('&') });
  }

  #loop(keyword: 'while' | 'until'): void {
    this.#at += 1;
    const start = this.#program.length;
    this.#list();
    const exit = this.#jumpIf(keyword === 'until', true);
    this.#expect('do');
    this.#list();
    this.#expect('done');
    this.#program.push({ op: 'jump', to: start });
    exit.to = this.#program.length;
  }

  #if(): void {
    this.#at += 1;
    this.#list();
    const otherwise = this.#jumpIf(false, true);
    this.#expect('then');
    this.#list();
    if (this.#keyword() === 'else') {
      this.#at += 1;
      const end: Instruction = { op: 'jump', to: 0 };
      this.#program.push(end);
      otherwise.to = this.#program.length;
      this.#list();
      end.to = this.#program.length;
    } else {
      otherwise.to = this.#program.length;
    }
    this.#expect('fi');
  }

  #jumpIf(succeeded: boolean, clears: boolean): { to: number } {
    const jump: Instruction = { op: 'jump-if', succeeded, clears, to: 0 };
    this.#program.push(jump);
    return jump;
  }

  #keyword(): string | undefined {
    const token = this.#tokens[this.#at];
    return token?.kind === 'word' && !token.quoted ? token.text : undefined;
  }

  #expect(keyword: string): void {
    if (this.#keyword() === keyword) this.#at += 1;
    else this.#failed = true;
  }

  #takeOperator(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'operator' || token.text !== text) return false;
    this.#at += 1;
    return true;
  }
}
