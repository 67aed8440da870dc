/** One entry of a tar archive. */
export interface TarEntry {
  readonly path: string;
  readonly content?: Buffer;
  /** Makes it a symbolic link. */
  readonly link?: string;
  /** Makes it a folder. */
  readonly folder?: boolean;
  /** Default 0755: what images hold here are programs. */
  readonly mode?: number;
}

const BLOCK = 512;

/** A tar archive (POSIX ustar) of the entries, owned by root, with no times in it. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = entry.content ?? Buffer.alloc(0);
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [header(entry, content.length), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number, at: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at);
  if (Buffer.byteLength(entry.path) > 100) throw new Error(`${entry.path}: too long for ustar`);
  block.write(entry.path, 0);
  octal(entry.mode ?? 0o755, 8, 100);
  octal(0, 8, 108);
  octal(0, 8, 116);
  octal(size, 12, 124);
  octal(0, 12, 136);
  block.write(' '.repeat(8), 148);
  block.write(entry.link !== undefined ? '2' : entry.folder === true ? '5' : '0', 156);
  block.write(entry.link ?? '', 157);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
