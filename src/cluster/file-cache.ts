import { readFileSync, statSync } from 'node:fs';

/** Reads files, and reads one again only when it changed: the same bytes are the same Buffer. */
export interface FileCache {
  /** @throws the file system's error. */
  read(path: string): Buffer;
}

export function createFileCache(): FileCache {
  const files = new Map<string, { stamp: string; bytes: Buffer }>();
  return {
    read(path) {
      const { ino, size, mtimeMs, ctimeMs } = statSync(path);
      const stamp = [ino, size, mtimeMs, ctimeMs].join();
      const known = files.get(path);
      if (known?.stamp === stamp) return known.bytes;
      const fresh = readFileSync(path);
      const bytes = known?.bytes.equals(fresh) ? known.bytes : fresh;
      files.set(path, { stamp, bytes });
      return bytes;
    },
  };
}
