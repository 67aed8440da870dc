import { type Check, fail, ok, warn } from './check.ts';

/** Of Node: the oldest this runs on, and the majors that its tests run on. */
const OLDEST = [20, 19] as const;
const TESTED: readonly number[] = [20, 22, 24];

export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const found = `${version} on ${process.platform} ${process.arch}`;
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return fail('node', found, `Install Node.js ${OLDEST.join('.')} or newer.`);
  }
  if (TESTED.includes(major)) return ok('node', found);
  return warn(
    'node',
    found,
    `It was tested with Node.js ${TESTED.join(', ')}; prefer one of these.`,
  );
}
