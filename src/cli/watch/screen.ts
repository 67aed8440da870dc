import { emitKeypressEvents } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { ENTER, LEAVE } from './paint.ts';
import type { Size } from './render.ts';
import type { Key } from './view.ts';

/** The terminal, taken over. */
export interface Screen {
  size(): Size;
  write(text: string): void;
  /** Gives the terminal back as it was. May be called twice. */
  close(): void;
  /** Stops the process as Ctrl-Z does; the terminal is taken over again when it goes on. */
  suspend(): void;
}

export interface ScreenEvents {
  readonly key: (key: Key) => void;
  /** Everything has to be drawn anew. */
  readonly redraw: () => void;
  /** The terminal is gone, or a signal asks to end: with this exit code. */
  readonly end: (code: number) => void;
}

/** 128 and the number of the signal, as shells count. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131 } as const;

interface KeyEvent {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

/** However the process ends, short of SIGKILL, the terminal is given back: `exit` is the last that it does. */
export function openScreen(stdin: ReadStream, stdout: WriteStream, events: ScreenEvents): Screen {
  let taken = false;
  const take = () => {
    taken = true;
    stdin.setRawMode(true);
    stdin.resume();
    stdout.write(ENTER);
  };
  const leave = () => {
    if (!taken) return;
    taken = false;
    // A terminal that is gone can't be given back.
    attempt(() => stdin.setRawMode(false));
    attempt(() => stdout.write(LEAVE));
  };
  const onKey = (text: string | undefined, key: KeyEvent) =>
    events.key({ name: key.name, ctrl: key.ctrl, meta: key.meta, text });
  const onGone = () => events.end(SIGNALS.SIGHUP);
  const handlers = Object.entries(SIGNALS).map(
    ([signal, code]) => [signal, () => events.end(code)] as const,
  );

  emitKeypressEvents(stdin);
  stdin.on('keypress', onKey).on('end', onGone).on('error', onGone);
  stdout.on('resize', events.redraw).on('error', onGone);
  process.on('exit', leave);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  take();

  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    write: (text) => {
      if (taken) stdout.write(text);
    },
    close: () => {
      leave();
      // `error` keeps its listener: what is still under way must not end in a crash.
      stdin.off('keypress', onKey).off('end', onGone).pause();
      stdout.off('resize', events.redraw);
      process.off('exit', leave);
      for (const [signal, handler] of handlers) process.off(signal, handler);
    },
    suspend: () => {
      leave();
      process.once('SIGCONT', () => {
        take();
        events.redraw();
      });
      process.kill(process.pid, 'SIGTSTP');
    },
  };
}

function attempt(act: () => unknown): void {
  try {
    act();
  } catch {
    // Nothing is left to give back.
  }
}
