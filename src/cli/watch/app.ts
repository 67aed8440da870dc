import type { ReadStream, WriteStream } from 'node:tty';
import { StratusError, toStratusError } from '../../core/errors.ts';
import { type Desk, decideAt, planText } from './decide.ts';
import { detailsOf } from './details.ts';
import { keysOf } from './layout.ts';
import type { Look } from './line.ts';
import { type Painted, paint } from './paint.ts';
import { pageOf, render, sectionsNow, type Watched } from './render.ts';
import { openScreen } from './screen.ts';
import type { LeaseSight } from './sections.ts';
import type { Source } from './source.ts';
import { type Effect, FIRST_VIEW, type Key, pressed, type View } from './view.ts';

export interface WatchApp {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly journal: string;
  readonly source: Source;
  readonly desk: Omit<Desk, 'ask'>;
  readonly look: Look;
  /** Calls with what is known of the Lease, until the signal. */
  readonly leases?: (told: (sight: LeaseSight) => void, signal: AbortSignal) => Promise<void>;
}

const POLL_MS = 500;

/** Shows what goes on until the person quits. @returns the exit code */
export function runWatch(app: WatchApp): Promise<number> {
  const { source, desk, look, journal } = app;
  const { clock } = desk;
  const stop = new AbortController();
  let view: View = FIRST_VIEW;
  let lease: LeaseSight | undefined;
  let painted: Painted | undefined;
  let second = 0;
  /** Where the answer goes to that is being typed. */
  let answer: { resolve: (text: string) => void; reject: (error: Error) => void } | undefined;

  return new Promise((resolve) => {
    const watched = (): Watched => {
      const { state, trouble } = source;
      return { journal, state, trouble, lease };
    };
    const draw = () => {
      const now = clock.now();
      const size = screen.size();
      const frame = render(watched(), view, size, now, look);
      const next = paint(frame, size, look, painted);
      painted = next.painted;
      second = Math.floor(now / 1000);
      if (next.output !== '') screen.write(next.output);
    };
    const say = (text: string, tone: 'good' | 'warn') => {
      view = { ...view, message: { text, tone } };
    };
    const failed = (thrown: unknown) => {
      const { message, next, code } = toStratusError(thrown);
      say(code === 'cancelled' ? message : `${message} ${next}`, 'warn');
    };
    const finish = (code: number) => {
      clearInterval(timer);
      stop.abort();
      answer?.reject(new StratusError('cancelled', 'Nothing was decided.'));
      screen.close();
      source.close();
      resolve(code);
    };

    const ask: Desk['ask'] = (title, text, question) =>
      new Promise((answered, refused) => {
        answer = { resolve: answered, reject: refused };
        view = { ...view, pane: { kind: 'ask', title, text, top: 0, question, typed: '' } };
        draw();
      });
    const decide = async (id: string, to: 'approve' | 'refuse') => {
      try {
        say(await decideAt({ ...desk, ask }, id, to), 'good');
      } catch (thrown) {
        failed(thrown);
      }
      answer = undefined;
      view = { ...view, pane: { kind: 'list' } };
      source.poll();
      if (!stop.signal.aborted) draw();
    };
    const showDetails = (key: string) => {
      const { reader, state } = source;
      try {
        const text = key.startsWith('approval-')
          ? planText(desk, key)
          : reader && state && detailsOf(key, reader, state);
        if (text === undefined) say('It is not there any more.', 'warn');
        else view = { ...view, pane: { kind: 'text', title: key, text, top: 0 } };
      } catch (thrown) {
        failed(thrown);
      }
    };
    const act = (effect: Effect) => {
      switch (effect.kind) {
        case 'quit':
          return finish(0);
        case 'suspend':
          return screen.suspend();
        case 'details':
          return showDetails(effect.key);
        case 'approve':
        case 'refuse':
          // It catches what may fail; a defect ends the process, which gives the terminal back.
          void decide(effect.id, effect.kind);
          return;
        case 'answer':
          return answer?.resolve(effect.text);
        case 'cancel':
          return answer?.reject(new StratusError('cancelled', 'Nothing was decided.'));
      }
    };
    const redraw = () => {
      painted = undefined;
      draw();
    };
    const onKey = (key: Key) => {
      if (stop.signal.aborted) return;
      if (key.ctrl && key.name === 'l') return redraw();
      const now = clock.now();
      const scene = {
        keys: keysOf(sectionsNow(watched(), now, look)),
        waiting: (source.state?.approvals ?? []).flatMap(({ id, state }) =>
          state === 'WAITING' ? id : [],
        ),
        ...pageOf(watched(), view, screen.size(), now, look),
      };
      const { view: next, effect } = pressed(view, key, scene);
      view = next;
      if (effect !== undefined) act(effect);
      if (!stop.signal.aborted) draw();
    };

    const screen = openScreen(app.stdin, app.stdout, { key: onKey, redraw, end: finish });
    const timer = setInterval(() => {
      const news = source.poll();
      // What runs out is shown by the second.
      if (news || Math.floor(clock.now() / 1000) !== second) draw();
    }, POLL_MS);
    source.poll();
    draw();
    void app.leases?.((sight) => {
      lease = sight;
      if (!stop.signal.aborted) draw();
    }, stop.signal);
  });
}
