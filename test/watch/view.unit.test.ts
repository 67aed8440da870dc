import { describe, expect, test } from 'vitest';
import { FIRST_VIEW, type Key, pressed, type Scene, type View } from '../../src/cli/watch/view.ts';

const scene: Scene = {
  keys: ['approval-3', 'inc-1', 'txn-7', 'call c1'],
  waiting: ['approval-3'],
  page: 10,
  last: 25,
};

const key = (text: string): Key => ({ text, name: text.toLowerCase() });
const named = (name: string, more: Partial<Key> = {}): Key => ({ name, ...more });

function press(view: View, keys: readonly Key[], on = scene) {
  let now = view;
  let effect: ReturnType<typeof pressed>['effect'];
  for (const one of keys) ({ view: now, effect } = pressed(now, one, on));
  return { view: now, effect };
}

const chosenBy = (...keys: Key[]) => press(FIRST_VIEW, keys).view.chosen;

test('rows are chosen by letters and arrows, and the ends hold', () => {
  expect(chosenBy(key('j'))).toBe('approval-3');
  expect(chosenBy(key('j'), named('down'))).toBe('inc-1');
  expect(chosenBy(key('j'), key('j'), key('k'), key('k'), named('up'))).toBe('approval-3');
  expect(chosenBy(key('G'))).toBe('call c1');
  expect(chosenBy(named('end'), named('pageup'))).toBe('approval-3');
  expect(press({ ...FIRST_VIEW, chosen: 'gone' }, [key('j')]).view.chosen).toBe('approval-3');
  expect(press(FIRST_VIEW, [key('j')], { ...scene, keys: [] }).view.chosen).toBe(undefined);
});

describe('deciding', () => {
  test('is about the chosen approval, or the only one that waits', () => {
    expect(press(FIRST_VIEW, [key('a')]).effect).toEqual({ kind: 'approve', id: 'approval-3' });
    const two = { ...scene, waiting: ['approval-3', 'approval-4'] };
    expect(press(FIRST_VIEW, [key('a')], two).effect).toBe(undefined);
    expect(press(FIRST_VIEW, [key('a')], two).view.message?.text).toContain('Choose an approval');
    const chosen = { ...FIRST_VIEW, chosen: 'approval-4' };
    expect(press(chosen, [key('r')], two).effect).toEqual({ kind: 'refuse', id: 'approval-4' });
    const none = press(FIRST_VIEW, [key('a')], { ...scene, waiting: [] });
    expect(none.view.message?.text).toBe('Nothing waits for a person.');
  });

  const asking: View = {
    chosen: 'approval-3',
    pane: { kind: 'ask', title: 't', text: 'x', top: 0, question: 'q', typed: '' },
  };
  const typed = (...keys: Key[]) => {
    const { pane } = press(asking, keys).view;
    return pane.kind === 'ask' ? pane.typed : undefined;
  };

  test('letters are typed there, and do nothing else', () => {
    expect(typed(...'qjakr?'.split('').map(key))).toBe('qjakr?');
    expect(typed(key('a'), key('é'), named('backspace'))).toBe('a');
    expect(typed(key('a'), named('u', { ctrl: true }))).toBe('');
    // What a paste may bring.
    expect(typed({ text: '\u001b' }, { text: '\u202e' }, { text: '\n' })).toBe('');
    expect(typed(...Array.from({ length: 999 }, () => key('x')))?.length).toBe(300);
  });

  test('only Enter answers; Esc and Ctrl-C decide nothing and do not quit', () => {
    expect(press(asking, [key('a'), named('return')]).effect).toEqual({
      kind: 'answer',
      text: 'a',
    });
    expect(press(asking, [named('escape')]).effect).toEqual({ kind: 'cancel' });
    expect(press(asking, [named('c', { ctrl: true })]).effect).toEqual({ kind: 'cancel' });
    expect(press(asking, [key('y')]).effect).toBe(undefined);
  });

  test('the plan scrolls meanwhile', () => {
    const { pane } = press(asking, [named('pagedown'), named('down')]).view;
    expect(pane).toMatchObject({ top: 11, typed: '' });
    expect(press(asking, [named('end')]).view.pane).toMatchObject({ top: 25 });
  });
});

test('details and help are left again; q and Ctrl-C quit', () => {
  expect(press(FIRST_VIEW, [named('return')]).effect).toEqual({
    kind: 'details',
    key: 'approval-3',
  });
  const help = press(FIRST_VIEW, [key('?')]).view;
  expect(help.pane).toMatchObject({ kind: 'text', title: 'help' });
  expect(press(help, [named('escape')]).view.pane.kind).toBe('list');
  for (const quit of [key('q'), named('c', { ctrl: true })]) {
    expect(press(help, [quit]).effect).toEqual({ kind: 'quit' });
    expect(press(FIRST_VIEW, [quit]).effect).toEqual({ kind: 'quit' });
  }
  expect(press(FIRST_VIEW, [named('z', { ctrl: true })]).effect).toEqual({ kind: 'suspend' });
});
