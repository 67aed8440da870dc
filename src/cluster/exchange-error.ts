/** How an exchange broke down, when there was no whole answer. */
export type Breakdown =
  | 'aborted'
  | 'timeout'
  | 'refused'
  | 'unresolved'
  | 'tls'
  | 'reset'
  | 'credentials'
  | 'too-large'
  | 'other';

/** There was no whole answer. Its message completes the sentence "The API server at HOST …". */
export class ExchangeError extends Error {
  readonly why: Breakdown;
  /** False: not one byte of the request left, so it was certainly not carried out. */
  readonly sent: boolean;
  /** The status line, when that much of an answer came. */
  readonly status: number | undefined;

  constructor(
    why: Breakdown,
    message: string,
    facts: { sent: boolean; status?: number | undefined; cause?: unknown },
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'ExchangeError';
    this.why = why;
    this.sent = facts.sent;
    this.status = facts.status;
  }
}

const RESETS = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_DESTROYED']);
const UNRESOLVED = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const UNREACHED = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
const TLS = /CERT|TLS|SSL|EPROTO|UNABLE_TO/;

/** Names what broke by the error's code; its message may hold addresses and stays out. */
export function breakdownOf(error: unknown): { why: Breakdown; message: string } {
  const code = codeOf(error);
  const refusing = proxyStatusOf(error);
  if (refusing !== undefined) {
    return { why: 'other', message: `is behind a proxy that answered ${refusing}` };
  }
  if (code === 'ECONNREFUSED') return { why: 'refused', message: 'refused the connection' };
  if (UNRESOLVED.has(code)) {
    return { why: 'unresolved', message: 'has a host name that could not be resolved' };
  }
  if (UNREACHED.has(code)) return { why: 'timeout', message: 'could not be reached' };
  if (RESETS.has(code)) return { why: 'reset', message: 'closed the connection' };
  if (TLS.test(code)) {
    return { why: 'tls', message: `could not be trusted: the TLS handshake failed with ${code}` };
  }
  return { why: 'other', message: `could not be spoken to (${code || 'unknown error'})` };
}

/** The status with which a proxy refused to make a tunnel; undici tells it in words only. */
function proxyStatusOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return /^Proxy response \((\d{3})\)/.exec(error.message)?.[1];
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}
