import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { buildServer } from './build-server.ts';
import { limitLines } from './line-limit.ts';
import { refuseMessage } from './refuse-message.ts';
import type { Runtime } from './runtime.ts';

/** Time to abort open transactions, and the moment after which nothing is waited for. */
const CLOSE_MS = 1500;
const BACKSTOP_MS = 1900;

/**
 * Serves one client over stdin and stdout until stdin ends or a signal comes, then leaves within
 * two seconds. What can't be taken back by then is recovered at the next start.
 */
export async function serveStdio(runtime: Runtime): Promise<void> {
  const leave = once((why: string, code: number) => {
    runtime.log.info({ why }, 'leaving');
    setTimeout(() => process.exit(code), BACKSTOP_MS).unref();
    runtime
      .close(CLOSE_MS)
      .catch((error) => runtime.log.error({ err: error }, 'close'))
      .finally(() => process.exit(code));
  });
  process.stdin.on('end', () => leave('stdin ended', 0));
  process.stdin.on('close', () => leave('stdin closed', 0));
  process.stdout.on('error', () => leave('stdout is gone', 0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => leave(signal, 0));
  }
  const defect = (error: unknown) => {
    runtime.log.fatal({ err: error }, 'defect');
    leave('defect', 1);
  };
  process.on('uncaughtException', defect);
  process.on('unhandledRejection', defect);

  const server = buildServer(runtime);
  server.onclose = () => leave('the transport closed', 1);
  const lines = limitLines((bytes, id) => void refuseMessage(runtime, server, bytes, id));
  await server.connect(new StdioServerTransport(process.stdin.pipe(lines)));
}

function once(run: (why: string, code: number) => void): (why: string, code: number) => void {
  let done = false;
  return (why, code) => {
    if (done) return;
    done = true;
    run(why, code);
  };
}
