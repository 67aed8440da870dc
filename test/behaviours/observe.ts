import { at, type Json, type JsonObject, objectsOf, stringOf } from '../../src/core/json.ts';
import type { Expectation, Observation, Site } from './types.ts';

/** The pod that every behaviour is about. */
export const POD = 'web';

/** What the pod's own status says. */
export type PodState = Pick<Observation, 'pod' | 'containers'>;

export function stateOf(pod: JsonObject, namespace: string): PodState {
  const clean = cleaner(pod, namespace);
  return { pod: podLine(pod, clean), containers: containerLines(pod, clean) };
}

/** What is said of the pod elsewhere: its events and, where expected, its logs. */
export async function surroundingsOf(
  site: Site,
  pod: JsonObject,
  expected: Expectation,
): Promise<Omit<Observation, keyof PodState>> {
  const path = `/api/v1/namespaces/${site.namespace}/pods/${POD}`;
  return {
    events: await eventLines(site, cleaner(pod, site.namespace)),
    ...(expected.log && { log: await logLines(site, path, '') }),
    ...(expected.previousLog && { previousLog: await logLines(site, path, '&previous=true') }),
  };
}

function podLine(pod: JsonObject, clean: (text: string) => string): string {
  const conditions = objectsOf(at(pod, 'status', 'conditions'));
  const of = (type: string) => conditions.find((one) => one.type === type);
  const parts = [String(at(pod, 'status', 'phase'))];
  const reason = at(pod, 'status', 'reason');
  if (reason !== undefined) parts.push(String(reason));
  const scheduled = of('PodScheduled');
  if (scheduled?.status === 'False')
    parts.push(`${scheduled.reason}: ${clean(`${scheduled.message}`)}`);
  if (of('Initialized')?.status === 'False') parts.push('not initialized');
  const ready = of('Ready');
  if (ready !== undefined) {
    parts.push(ready.status === 'True' ? 'ready' : `not ready (${ready.reason})`);
  }
  if (at(pod, 'metadata', 'deletionTimestamp') !== undefined) parts.push('terminating');
  return parts.join(', ');
}

function containerLines(pod: JsonObject, clean: (text: string) => string): Record<string, string> {
  const all = ['initContainerStatuses', 'containerStatuses'].flatMap((list) =>
    objectsOf(at(pod, 'status', list)),
  );
  return Object.fromEntries(
    all.map((status) => {
      const restarts = Number(status.restartCount);
      const parts = [stateText(status.state, clean)];
      const last = stateText(status.lastState, clean);
      if (last !== '') parts.push(`last ${last}`);
      if (restarts > 0) parts.push(`restarts ${restarts}`);
      parts.push(status.ready === true ? 'ready' : 'not ready');
      if (status.started === true && status.ready !== true) parts.push('started');
      return [stringOf(status.name) ?? '', parts.join('; ')];
    }),
  );
}

function stateText(state: Json | undefined, clean: (text: string) => string): string {
  const waiting = at(state, 'waiting');
  if (waiting !== undefined) {
    const message = stringOf(at(waiting, 'message'));
    return `waiting ${at(waiting, 'reason')}${message ? `: ${clean(message)}` : ''}`;
  }
  const ended = at(state, 'terminated');
  if (ended !== undefined) {
    const message = stringOf(at(ended, 'message'));
    const text = `terminated ${at(ended, 'reason')} ${at(ended, 'exitCode')}`;
    return message ? `${text}: ${clean(message)}` : text;
  }
  return at(state, 'running') === undefined ? '' : 'running';
}

async function eventLines(site: Site, clean: (text: string) => string): Promise<string[]> {
  const query = `fieldSelector=involvedObject.kind%3DPod%2CinvolvedObject.name%3D${POD}`;
  const { json } = await site.cluster.request(
    'GET',
    `/api/v1/namespaces/${site.namespace}/events?${query}`,
  );
  const lines = objectsOf(json.items)
    // The scheduler is the same everywhere; where it sends the pod is chance.
    .filter(({ reason }) => reason !== 'Scheduled')
    .map(({ type, reason, message }) => `${type} ${reason}: ${clean(stringOf(message) ?? '')}`);
  return [...new Set(lines)].sort();
}

async function logLines(site: Site, path: string, more: string): Promise<string[]> {
  const answer = await site.cluster.request(
    'GET',
    `${path}/log?container=${POD}${more}`,
    undefined,
    { allow: [400, 404, 500] },
  );
  // A complaint is repeated for as long as its cause lasts.
  return [...new Set(answer.text.trimEnd().split('\n').filter(Boolean))];
}

/** Takes out of a message what is another's in every run. */
function cleaner(pod: JsonObject, namespace: string): (text: string) => string {
  const known: [text: string | undefined, placeholder: string][] = [
    [stringOf(at(pod, 'metadata', 'uid')), 'UID'],
    [namespace, 'NAMESPACE'],
    [stringOf(at(pod, 'status', 'podIP')), 'POD_IP'],
    [stringOf(at(pod, 'spec', 'nodeName')), 'NODE'],
  ];
  return (text) => {
    let cleaned = text;
    for (const [found, placeholder] of known) {
      if (found !== undefined && found !== '') cleaned = cleaned.replaceAll(found, placeholder);
    }
    return cleaned
      .replaceAll(/[0-9a-f]{64}/g, 'ID')
      .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UID')
      .replaceAll(/\b10\.244\.\d+\.\d+\b/g, 'POD_IP')
      .replaceAll(/:\d{4,5}->/g, ':PORT->');
  };
}
