import type { Fate } from '../world/network.ts';
import { isStoring, type RequestKind } from './requests.ts';

/** What happens to the server while the network has the request. */
export type Process =
  | 'goes on'
  /** It is killed, and another one on its journal takes over. */
  | 'killed'
  /** It stands still past the Lease's expiry, while another one on its journal starts. */
  | 'paused, same journal'
  /** The same, with one that has a journal of its own. */
  | 'paused, other journal';

export interface Fault {
  readonly name: string;
  readonly fate: Fate;
  readonly process: Process;
  /** Kinds of requests that it makes a difference for. */
  readonly hits: (kind: RequestKind) => boolean;
}

const any = () => true;
const fault = (
  name: string,
  fate: Fate,
  hits: Fault['hits'] = any,
  process: Process = 'goes on',
) => ({
  name,
  fate,
  process,
  hits,
});
const reading = (kind: RequestKind) => !isStoring(kind);

export const FAULTS: readonly Fault[] = [
  fault('drop before', 'drop request'),
  fault('drop the answer', 'drop answer'),
  fault('send twice', 'twice', isStoring),
  fault('504, then apply', { answer: 504, done: 'after' }),
  fault('500, then apply', { answer: 500, done: 'after' }, isStoring),
  fault('503, then apply', { answer: 503, done: 'after' }, isStoring),
  fault('408, then apply', { answer: 408, done: 'after' }, isStoring),
  fault('429, applied', { answer: 429, done: 'before' }, isStoring),
  fault('429', { answer: 429, done: 'never' }),
  fault('500', { answer: 500, done: 'never' }, reading),
  fault('503', { answer: 503, done: 'never' }),
  fault('half a response', 'half the answer'),
  fault('slow trickle', 'trickle'),
  fault('hold, kill, deliver late', 'hold', isStoring, 'killed'),
  fault('applied, kill', 'drop answer', isStoring, 'killed'),
  fault('pause, other server', 'pass', any, 'paused, same journal'),
  fault('pause, other journal', 'pass', any, 'paused, other journal'),
  fault('drop before, pause', 'drop request', isStoring, 'paused, other journal'),
  fault('drop the answer, pause', 'drop answer', isStoring, 'paused, other journal'),
  fault('send twice, pause', 'twice', isStoring, 'paused, other journal'),
  fault(
    '504, pause, then apply',
    { answer: 504, done: 'after' },
    isStoring,
    'paused, same journal',
  ),
  fault('hold, pause, deliver late', 'hold', isStoring, 'paused, same journal'),
  fault('hold, pause, other journal', 'hold', isStoring, 'paused, other journal'),
];

/** Done by the API server without our hearing so. */
export function hidesApplied({ fate, process }: Fault): boolean {
  if (fate === 'drop answer' || fate === 'half the answer') return true;
  if (typeof fate !== 'string') return fate.done !== 'never';
  return fate === 'hold' || process === 'killed';
}
