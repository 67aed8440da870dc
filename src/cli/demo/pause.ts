import { createInterface } from 'node:readline';

export interface Pauses {
  /** Resolves at the next Enter; at once when nobody can press it any more. */
  readonly pause: () => Promise<void>;
  close(): void;
}

/** Enter by Enter. The terminal stays as it is, so that Ctrl-C is a signal as anywhere else. */
export function pausesAt(input: NodeJS.ReadableStream, write: (text: string) => unknown): Pauses {
  const lines = createInterface({ input, terminal: false });
  let pressed = 0;
  let ended = false;
  let wake = () => {};
  lines.on('line', () => {
    pressed += 1;
    wake();
  });
  lines.on('close', () => {
    ended = true;
    wake();
  });
  return {
    pause: async () => {
      if (pressed === 0 && !ended) {
        write('\n  Enter goes on. ');
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (pressed > 0) pressed -= 1;
    },
    close: () => lines.close(),
  };
}
