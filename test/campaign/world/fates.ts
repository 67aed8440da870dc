import type { Reply } from './deliver.ts';

/** An answer that says nothing true about what is done. */
export interface Lie {
  readonly answer: 408 | 429 | 500 | 502 | 503 | 504;
  /** Whether and when the API server does what was asked. */
  readonly done: 'before' | 'after' | 'never';
}

/** What the network does to one request. */
export type Fate =
  | Lie
  | 'pass'
  /** Never reaches the API server; the connection breaks. */
  | 'drop request'
  /** Is done by the API server; the connection breaks before the answer. */
  | 'drop answer'
  /** Kept until `deliver()`. */
  | 'hold'
  /** Answered 504 at once, and done nevertheless a moment later. */
  | 'time out, then do'
  /** Done twice; the second answer is given. */
  | 'twice'
  /** Refused by priority and fairness. */
  | 'busy'
  /** Answered with an internal error, and not done. */
  | 'broken'
  /** Answered 200 with bytes that are no JSON, and not done. */
  | 'garbage'
  /** Answered with a page of HTML by something that is no API server. */
  | 'a stranger answers'
  /** Done; only the first half of the answer's body comes. */
  | 'half the answer'
  /** Done; the answer comes a few bytes at a time. */
  | 'trickle'
  /** Never answered, and not done. */
  | 'silence';

export function isLie(fate: Fate): fate is Lie {
  return typeof fate !== 'string';
}

const JSON_TYPE = { 'content-type': 'application/json' };

const status = (code: number, reason: string, message: string) =>
  Buffer.from(
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }),
  );

/** Answers given in the place of the API server. */
export const MADE_UP: Partial<Record<Exclude<Fate, Lie>, Reply>> = {
  busy: {
    status: 429,
    headers: JSON_TYPE,
    body: status(429, 'TooManyRequests', 'too many requests, please try again later'),
  },
  broken: {
    status: 500,
    headers: JSON_TYPE,
    body: status(500, 'InternalError', 'etcdserver: no leader'),
  },
  garbage: { status: 200, headers: JSON_TYPE, body: Buffer.from('{"kind": \u0000\ufffd') },
  'a stranger answers': {
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: Buffer.from('<html><script>alert(1)</script>Bad gateway</html>'),
  },
};

const WORDS: Record<Lie['answer'], readonly [reason: string, message: string]> = {
  408: ['Timeout', 'the server was too slow to read the request'],
  429: ['TooManyRequests', 'too many requests, please try again later'],
  500: ['InternalError', 'etcdserver: leader changed'],
  502: ['HTTP502', 'bad gateway'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'request did not complete within the allotted timeout'],
};

export function refusalOf(code: Lie['answer']): Reply {
  const [reason, message] = WORDS[code];
  const again = code === 429 || code === 503 ? { 'retry-after': '1' } : {};
  return { status: code, headers: { ...JSON_TYPE, ...again }, body: status(code, reason, message) };
}
