import { Transform } from 'node:stream';

/** The transport gives up the connection above 10 MiB, and an open transaction with it. */
export const LONGEST_LINE = 8 * 1024 * 1024;
/** Enough of a message's beginning and end to find its id. */
const EDGE = 300;

const ID = String.raw`"id"\s*:\s*(\d{1,15}|"[^"\\]{1,100}")`;
const ID_FIRST = new RegExp(String.raw`^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?${ID}\s*,`);
const ID_LAST = new RegExp(String.raw`${ID}\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$`);

/**
 * Passes lines on whole, and leaves out those that are too long to be read: they are told, with the id of
 * their request where it stands at one of the ends.
 */
export function limitLines(
  onTooLong: (bytes: number, id: string | number | undefined) => void,
  longest = LONGEST_LINE,
): Transform {
  let parts: Buffer[] = [];
  let bytes = 0;
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);

  const take = (piece: Buffer) => {
    bytes += piece.length;
    if (bytes <= longest) {
      parts.push(piece);
      return;
    }
    const seen = Buffer.concat([...parts, tail, piece.subarray(-EDGE)]);
    if (head.length === 0) head = Buffer.concat([...parts, piece]).subarray(0, EDGE);
    tail = seen.subarray(-EDGE);
    parts = [];
  };
  const endLine = (): Buffer | undefined => {
    const line = bytes <= longest ? Buffer.concat(parts) : undefined;
    if (line === undefined) onTooLong(bytes, idIn(head.toString(), tail.toString()));
    parts = [];
    bytes = 0;
    head = Buffer.alloc(0);
    tail = Buffer.alloc(0);
    return line;
  };

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        take(chunk.subarray(from, end + 1));
        const line = endLine();
        if (line !== undefined) this.push(line);
        from = end + 1;
      }
      if (from < chunk.length) take(chunk.subarray(from));
      done();
    },
  });
}

function idIn(head: string, tail: string): string | number | undefined {
  const [, id] = ID_FIRST.exec(head) ?? ID_LAST.exec(tail) ?? [];
  return id === undefined ? undefined : (JSON.parse(id) as string | number);
}
