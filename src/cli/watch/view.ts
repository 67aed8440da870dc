import { safeText } from './cells.ts';
import type { Tone } from './line.ts';

/** What the lower part of the screen shows. */
export type Pane =
  | { readonly kind: 'list' }
  /** A text to read; `top` is the first line that is shown. */
  | { readonly kind: 'text'; readonly title: string; readonly text: string; readonly top: number }
  /** A text, and a question below it that is answered by typing. */
  | {
      readonly kind: 'ask';
      readonly title: string;
      readonly text: string;
      readonly top: number;
      readonly question: string;
      readonly typed: string;
    };

export interface View {
  /** Key of the chosen row; it stays chosen while rows come and go around it. */
  readonly chosen: string | undefined;
  readonly pane: Pane;
  readonly message?: { readonly text: string; readonly tone: Tone };
}

export const FIRST_VIEW: View = { chosen: undefined, pane: { kind: 'list' } };

/** A key as node:readline names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  /** What was typed. */
  readonly text?: string | undefined;
}

/** What a key asks for besides another view. */
export type Effect =
  | { readonly kind: 'quit' | 'suspend' | 'cancel' }
  | { readonly kind: 'details'; readonly key: string }
  | { readonly kind: 'approve' | 'refuse'; readonly id: string }
  | { readonly kind: 'answer'; readonly text: string };

/** What is on the screen while the key is pressed. */
export interface Scene {
  readonly keys: readonly string[];
  /** Approvals that wait for a person. */
  readonly waiting: readonly string[];
  /** Lines of a page, and the last `top` that still fills one. */
  readonly page: number;
  readonly last: number;
}

export interface Pressed {
  readonly view: View;
  readonly effect?: Effect;
}

const TYPED_AT_MOST = 300;

export const HELP = `Shows what assistants do, as the journal has it; reads only.

  j k, arrows        choose a row, or scroll a text
  PgUp PgDn, g G     by pages, to the first, to the last
  Enter              details of the chosen row
  a                  approve: shows the whole plan and asks for the
                     beginning of its digest
  r                  refuse: asks for a note that the assistant is told
  Esc                back, or no decision
  Ctrl-L             draw the screen anew
  q, Ctrl-C          quit

Severity is the baseline of a transaction and what was measured last, with
its course. "unknown" means that something could not be observed.`;

/** What follows from a key. Pure. */
export function pressed(view: View, key: Key, scene: Scene): Pressed {
  if (key.ctrl && key.name === 'z') return { view, effect: { kind: 'suspend' } };
  const { message: _, ...quiet } = view;
  const { pane } = quiet;
  if (pane.kind === 'ask') return asked(quiet, pane, key, scene);
  if ((key.ctrl && key.name === 'c') || (key.name === 'q' && !key.ctrl)) {
    return { view, effect: { kind: 'quit' } };
  }
  if (key.text === '?') return { view: { ...quiet, pane: helpPane() } };
  if (pane.kind === 'text') return read(quiet, pane, key, scene);
  return listed(quiet, key, scene);
}

function helpPane(): Pane {
  return { kind: 'text', title: 'help', text: HELP, top: 0 };
}

function listed(view: View, key: Key, { keys, waiting, page }: Scene): Pressed {
  const at = keys.indexOf(view.chosen ?? '');
  const moved = stepOf(key, page);
  if (moved !== undefined) {
    // Before the first choice the first row is the next one.
    const from = at < 0 && moved > 0 ? -1 : Math.max(0, at);
    const to = Math.max(0, Math.min(keys.length - 1, from + moved));
    return { view: { ...view, chosen: keys[to] } };
  }
  if (key.name === 'return' || key.name === 'enter') {
    const chosen = view.chosen ?? keys[0];
    if (chosen === undefined) return said(view, 'There is nothing to show.');
    return { view: { ...view, chosen }, effect: { kind: 'details', key: chosen } };
  }
  if ((key.text === 'a' || key.text === 'r') && !key.meta) {
    const chosen = view.chosen?.startsWith('approval-') ? view.chosen : undefined;
    const only = waiting.length === 1 ? waiting[0] : undefined;
    const id = chosen ?? only;
    if (id === undefined) {
      return said(
        view,
        waiting.length === 0 ? 'Nothing waits for a person.' : 'Choose an approval first (j, k).',
      );
    }
    return {
      view: { ...view, chosen: id },
      effect: { kind: key.text === 'a' ? 'approve' : 'refuse', id },
    };
  }
  return { view };
}

function read(view: View, pane: Extract<Pane, { kind: 'text' }>, key: Key, scene: Scene): Pressed {
  const back = ['escape', 'return', 'enter', 'backspace', 'left', 'h'];
  if (back.includes(key.name ?? '')) return { view: { ...view, pane: { kind: 'list' } } };
  // What is read may be decided from here.
  if (key.text === 'a' || key.text === 'r') {
    return listed({ ...view, pane: { kind: 'list' } }, key, scene);
  }
  return { view: { ...view, pane: { ...pane, top: scrolled(pane.top, key, scene) } } };
}

function asked(view: View, pane: Extract<Pane, { kind: 'ask' }>, key: Key, scene: Scene): Pressed {
  const { name, ctrl, meta, text = '' } = key;
  if (name === 'escape' || (ctrl && (name === 'c' || name === 'd'))) {
    return { view, effect: { kind: 'cancel' } };
  }
  if (name === 'return' || name === 'enter') {
    return { view, effect: { kind: 'answer', text: pane.typed } };
  }
  const typing = (typed: string) => ({ view: { ...view, pane: { ...pane, typed } } });
  if (name === 'backspace') return typing([...pane.typed].slice(0, -1).join(''));
  if (ctrl && name === 'u') return typing('');
  const printable = text !== '' && !ctrl && !meta && safeText(text) === text;
  if (printable) return typing((pane.typed + text).slice(0, TYPED_AT_MOST));
  // Letters are typed here; only the other keys scroll.
  return { view: { ...view, pane: { ...pane, top: scrolled(pane.top, { name }, scene) } } };
}

function scrolled(top: number, key: Key, { page, last }: Scene): number {
  const moved = stepOf(key, page) ?? 0;
  return Math.max(0, Math.min(last, Math.min(top, last) + moved));
}

function stepOf({ name, ctrl, text }: Key, page: number): number | undefined {
  if (ctrl) return undefined;
  if (name === 'down' || text === 'j') return 1;
  if (name === 'up' || text === 'k') return -1;
  if (name === 'pagedown' || text === ' ') return page;
  if (name === 'pageup') return -page;
  if (name === 'home' || text === 'g') return -Number.MAX_SAFE_INTEGER;
  if (name === 'end' || text === 'G') return Number.MAX_SAFE_INTEGER;
  return undefined;
}

function said(view: View, text: string): Pressed {
  return { view: { ...view, message: { text, tone: 'warn' } } };
}
