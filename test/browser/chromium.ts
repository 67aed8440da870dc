import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

// No sandbox, because CI is root in a container; only files of ours are opened.
const FLAGS = [
  ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ...['--disable-extensions', '--no-first-run', '--no-default-browser-check', '--mute-audio'],
  ...['--disable-features=Translate,OptimizationHints,MediaRouter', '--hide-scrollbars'],
  ...['--force-color-profile=srgb', '--remote-debugging-pipe'],
];

/** An answer or event of the Chrome DevTools Protocol. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export interface Browser {
  /** Sends a command to the page, or to the browser as long as no page is attached. */
  send(method: string, params?: object): Promise<Record<string, unknown>>;
  /** Events of this name so far. */
  events(method: string): readonly Record<string, unknown>[];
  /** Resolves when an event of this name comes after now. */
  next(method: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts Chromium with one empty page, talked to over a pipe: no port is opened. */
export async function startChromium(path: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const child = spawn(path, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: profile },
    // Its own group, so that its helpers end with it.
    detached: true,
  });
  const ended = once(child, 'exit');
  const input = child.stdio[3] as Writable;
  const waiting = new Map<number, { resolve: (m: Message) => void; reject: (e: Error) => void }>();
  const seen: Message[] = [];
  const listeners = new Set<(message: Message) => void>();
  let session: string | undefined;
  let last = 0;
  let rest = '';

  (child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\0');
    rest = parts.pop() ?? '';
    for (const part of parts) take(JSON.parse(part) as Message);
  });
  const take = (message: Message) => {
    if (message.id === undefined) {
      seen.push(message);
      for (const listener of listeners) listener(message);
      return;
    }
    waiting.get(message.id)?.resolve(message);
    waiting.delete(message.id);
  };
  const fail = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  child.on('error', fail);
  child.on('exit', (code) => fail(new Error(`Chromium ended with ${code}.`)));
  input.on('error', fail);

  const send = async (method: string, params: object = {}) => {
    last += 1;
    const id = last;
    const answer = new Promise<Message>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
    });
    const to = session === undefined ? {} : { sessionId: session };
    input.write(`${JSON.stringify({ id, method, params, ...to })}\0`);
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  };
  const close = async () => {
    session = undefined;
    const asked = send('Browser.close').catch(() => undefined);
    const late = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), 5_000);
    await Promise.all([ended, asked]);
    clearTimeout(late);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };

  try {
    const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
    const attached = await send('Target.attachToTarget', { targetId, flatten: true });
    session = String(attached.sessionId);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await send(`${domain}.enable`);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return {
    send,
    close,
    events: (method) =>
      seen.filter((message) => message.method === method).map(({ params }) => params ?? {}),
    next: (method) =>
      new Promise((resolve) => {
        const listener = (message: Message) => {
          if (message.method !== method) return;
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
      }),
  };
}

export interface View {
  /** CSS pixels. */
  readonly width: number;
  readonly height?: number;
  readonly scheme: 'light' | 'dark';
  readonly media?: 'screen' | 'print';
}

/** How the page is looked at from now on. */
export async function setView(browser: Browser, view: View): Promise<void> {
  const { width, height = 800, scheme, media = 'screen' } = view;
  await browser.send('Emulation.setDeviceMetricsOverride', {
    ...{ width, height, deviceScaleFactor: 1, mobile: width < 600 },
  });
  await browser.send('Emulation.setEmulatedMedia', {
    media,
    features: [{ name: 'prefers-color-scheme', value: scheme }],
  });
}

/** Opens an address and waits until it is loaded. */
export async function open(browser: Browser, url: string): Promise<void> {
  const loaded = browser.next('Page.loadEventFired');
  await browser.send('Page.navigate', { url });
  await loaded;
}

/** Runs a function without parameters in the page and hands back its JSON value. */
export async function inPage<T>(browser: Browser, run: string): Promise<T> {
  const { result, exceptionDetails } = await browser.send('Runtime.evaluate', {
    ...{ expression: `(${run})()`, returnByValue: true },
  });
  if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
  return (result as { value: T }).value;
}

/** A PNG of what is seen. */
export async function screenshot(browser: Browser): Promise<Buffer> {
  const { data } = await browser.send('Page.captureScreenshot', { format: 'png' });
  return Buffer.from(String(data), 'base64');
}
