import fc from 'fast-check';
import { draw } from '../draw.ts';

/** A word that no machine would write by itself, in every secret of a run. */
export interface Canaries {
  /** The word with a tail that tells the place it was put in. */
  secret(place: string): string;
  /** The encodings under which the word is found in `bytes`. */
  foundIn(bytes: Buffer): string[];
}

const letters = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
  minLength: 18,
  maxLength: 18,
});

export function canaries(seed: number): Canaries {
  const [word = ''] = draw(seed, letters, 1);
  const needles = encodings(word);
  return {
    secret: (place) => `${word}-${place}`,
    foundIn: (bytes) =>
      needles.flatMap(([name, needle]) => {
        const at = bytes.indexOf(needle);
        if (at < 0) return [];
        // What follows tells the place that the secret was put in, as far as it can be read.
        const tail = bytes.subarray(at + needle.length, at + needle.length + 16).toString('latin1');
        return [`${name} (${tail.replace(/[^ -~]/g, '.')})`];
      }),
  };
}

/** The word as it would look in clear, in base64 at each of its three alignments, in hex and in UTF-16. */
function encodings(word: string): [string, Buffer][] {
  const aligned = [0, 1, 2].map((shift): [string, Buffer] => {
    const text = Buffer.from('x'.repeat(shift) + word).toString('base64');
    // The characters at both ends depend on what stands beside the word.
    return ['base64', Buffer.from(text.slice(shift === 0 ? 0 : 4, 20))];
  });
  return [
    ['clear text', Buffer.from(word)],
    ...aligned,
    ['hex', Buffer.from(Buffer.from(word).toString('hex'))],
    ['UTF-16', Buffer.from(word, 'utf16le')],
  ];
}
