import { openRaw, type Place } from './raw.ts';
import { readsFor } from './reads-for.ts';

/** One of several processes that do raw GETs and nothing else: argv has the place and the path. */
const [place = '{}', path = '/', ms = '1000'] = process.argv.slice(2);
const WARM_UP_MS = 3_000;
const raw = openRaw(JSON.parse(place) as Place);
// What is compiled as it runs is not what is measured.
await readsFor(WARM_UP_MS, () => raw.send('GET', path));
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  process.stdout.write(`${await readsFor(Number(ms), () => raw.send('GET', path))}\n`);
  await raw.close();
  process.exit(0);
});
