import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The path of a Chromium on this machine; undefined when there is none. */
export function findChromium(path = process.env.PATH ?? ''): string | undefined {
  const candidates = NAMES.flatMap((name) =>
    path.split(delimiter).map((folder) => join(folder, name)),
  );
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** In CI, Chromium is installed where root and apt-get are: a missing one would hide these tests for good. */
export function mustHaveChromium(): boolean {
  return process.env.CI === 'true' && process.platform === 'linux' && process.getuid?.() === 0;
}
