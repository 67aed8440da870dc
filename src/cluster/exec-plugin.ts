import { spawn } from 'node:child_process';
import { StratusError } from '../core/errors.ts';
import { at, isObject, type Json, type JsonObject, parseJson, stringOf } from '../core/json.ts';
import { plainLine } from '../core/plain-text.ts';
import type { ExecEntry } from './kubeconfig-parts.ts';

/** What an exec plugin gave. */
export interface PluginAnswer {
  readonly token?: string | undefined;
  /** PEM. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Wall ms; absent: good until the server says 401. */
  readonly expiresAt?: number | undefined;
}

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const MOST_BYTES = 1024 * 1024;

/**
 * Refuses a plugin that could never work here.
 * @throws StratusError cluster_not_configured.
 */
export function assertPluginUsable(exec: ExecEntry, context: string): void {
  const refuse = (why: string, next: string) =>
    new StratusError(
      'cluster_not_configured',
      `The exec plugin ${nameOf(exec)} of context "${context}" ${why}.`,
      { next },
    );
  if (!VERSIONS.includes(exec.apiVersion)) {
    throw refuse(
      `speaks apiVersion "${exec.apiVersion}", which is none of ${VERSIONS.join(', ')}`,
      'Write the kubeconfig anew with a current version of the plugin or of the cloud CLI.',
    );
  }
  if (exec.interactiveMode === 'Always') {
    throw refuse(
      'wants a terminal (interactiveMode: Always), and a server has none',
      'Use an identity that needs no terminal: a plugin with interactiveMode Never, a client certificate or a token file.',
    );
  }
}

export interface PluginRun {
  readonly exec: ExecEntry;
  readonly context: string;
  /** KUBERNETES_EXEC_INFO: spec.cluster, where the plugin asked for it. */
  readonly cluster?: JsonObject | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs a credential plugin once (client-go's exec protocol). It gets no stdin and no terminal, and
 * nothing of what it prints goes anywhere but into the answer: stderr is not even read.
 * @throws StratusError unauthenticated.
 */
export async function runPlugin(run: PluginRun): Promise<PluginAnswer> {
  const { exec, cluster } = run;
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(cluster ? { cluster } : {}) },
  };
  const text = await outputOf(run, {
    ...withoutOurs(run.env),
    ...Object.fromEntries(exec.env.map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify(info),
  });
  return answerIn(text, run);
}

function outputOf(run: PluginRun, env: NodeJS.ProcessEnv): Promise<string> {
  const { exec, timeoutMs, signal } = run;
  return new Promise((resolve, reject) => {
    const grouped = process.platform !== 'win32';
    const child = spawn(exec.command, [...exec.args], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
      // A group of its own: what it started ends with it, and no terminal asks anybody.
      detached: grouped,
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      child.stdout.destroy();
      settle();
    };
    const stop = (what: string) => {
      kill(child.pid, grouped, () => child.kill('SIGKILL'));
      end(() => reject(fault(run, what)));
    };
    const timer = setTimeout(
      () => stop(`did not answer within ${timeoutMs / 1000} s and was stopped`),
      timeoutMs,
    );
    const onAbort = () => stop('was stopped');
    signal.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MOST_BYTES) stop('printed more than 1 MiB');
    });
    child.on('error', (error) => {
      const code = 'code' in error ? error.code : undefined;
      const missing = code === 'ENOENT';
      end(() => reject(fault(run, missing ? 'was not found' : `can't be run (${code})`, missing)));
    });
    child.on('close', (code, killed) => {
      const how = code === null ? `was ended by ${killed}` : `ended with exit code ${code}`;
      end(() =>
        code === 0 ? resolve(Buffer.concat(chunks).toString('utf8')) : reject(fault(run, how)),
      );
    });
    if (signal.aborted) onAbort();
  });
}

function kill(pid: number | undefined, grouped: boolean, alone: () => void): void {
  if (pid === undefined) return;
  try {
    if (grouped) process.kill(-pid, 'SIGKILL');
    else alone();
  } catch {
    // It ended meanwhile.
  }
}

function answerIn(text: string, run: PluginRun): PluginAnswer {
  const answer = parsed(text);
  if (answer?.kind !== 'ExecCredential') {
    throw fault(run, 'printed something that is not an ExecCredential');
  }
  if (answer.apiVersion !== run.exec.apiVersion) {
    throw fault(
      run,
      `answered in another apiVersion than ${run.exec.apiVersion}, which the kubeconfig names`,
    );
  }
  const status = (key: string) => stringOf(at(answer, 'status', key)) || undefined;
  const [token, certificate, key] = [
    status('token'),
    status('clientCertificateData'),
    status('clientKeyData'),
  ];
  if ((certificate === undefined) !== (key === undefined)) {
    throw fault(run, 'gave a client certificate without its key, or a key alone');
  }
  if (token === undefined && certificate === undefined) {
    throw fault(run, 'gave neither a token nor a client certificate');
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw fault(run, 'gave a token with characters that no header can carry');
  }
  const expiry = status('expirationTimestamp');
  const expiresAt = expiry === undefined ? undefined : Date.parse(expiry);
  if (expiresAt !== undefined && Number.isNaN(expiresAt)) {
    throw fault(run, 'gave an expirationTimestamp that is not a time');
  }
  return { token, certificate, key, expiresAt };
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: Json = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Our own settings, a key for the journal among them, are none of a plugin's business. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('STRATUS_')));
}

function fault({ exec, context }: PluginRun, what: string, missing = false): StratusError {
  const hint = exec.installHint ? ` ${plainLine(exec.installHint.trim()).slice(0, 500)}` : '';
  return new StratusError(
    'unauthenticated',
    `The credentials of context "${context}" can't be used: its exec plugin ${nameOf(exec)} ${what}.`,
    {
      next: missing
        ? `Install it, or put it into the PATH of this server.${hint}`
        : `Run kubectl with that context by hand to see what the plugin says, log in again, then call again.${hint}`,
    },
  );
}

function nameOf(exec: ExecEntry): string {
  return plainLine(exec.command.slice(exec.command.lastIndexOf('/') + 1));
}

/** While a plugin takes its time, a call can't wait for ever. */
export function pluginLate(exec: ExecEntry, context: string, seconds: number): StratusError {
  return new StratusError(
    'unauthenticated',
    `The exec plugin ${nameOf(exec)} of context "${context}" has not answered within ${seconds} s.`,
    {
      next: 'It may wait for a login: run kubectl with that context by hand, then call again.',
    },
  );
}
