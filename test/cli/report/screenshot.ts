/*
 * Draws docs/audit-report.png, the picture of the README: the page of a made-up incident in Chromium.
 * `npm run report-screenshot`, after a change of how the page looks.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { collect } from '../../../src/cli/report/collect.ts';
import { page } from '../../../src/cli/report/page.ts';
import { packageVersion } from '../../../src/core/version.ts';
import { openJournal, openJournalReader } from '../../../src/journal/open.ts';
import { open, screenshot, setView, startChromium } from '../../browser/chromium.ts';
import { findChromium } from '../../browser/find.ts';
import { handClock, writeAttempts } from './incident.ts';

const TARGET = fileURLToPath(new URL('../../../docs/audit-report.png', import.meta.url));

const chromium = findChromium();
if (chromium === undefined) throw new Error('There is no chromium in PATH: install it first.');
const folder = mkdtempSync(join(tmpdir(), 'report-screenshot-'));
const browser = await startChromium(chromium);
try {
  const path = join(folder, 'state', 'journal.db');
  const clock = handClock();
  const journal = openJournal({ path, env: {}, clock });
  const lock = journal.lock.acquire();
  if (lock.kind === 'busy') throw new Error('The lock of a fresh journal is taken.');
  writeAttempts(journal, lock.epoch, clock);
  journal.close();

  const reader = openJournalReader({ path, env: {} });
  const options = { redaction: { keyPatterns: [] }, at: clock.now(), version: packageVersion() };
  const file = join(folder, 'report.html');
  writeFileSync(file, page(collect(reader, 'txn-1', options)));
  reader.close();

  await setView(browser, { width: 960, height: 1410, scheme: 'light' });
  await open(browser, pathToFileURL(file).href);
  const picture = await screenshot(browser);
  writeFileSync(TARGET, picture);
  process.stdout.write(`Wrote ${TARGET} (${picture.length} bytes).\n`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
