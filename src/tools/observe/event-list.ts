import type { ListQuery, ResourceInfo } from '../../cluster/types.ts';
import { type JsonObject, numberOf, objectOf, stringOf } from '../../core/json.ts';
import { describeRef, type KubeObject } from '../../core/kube.ts';
import { redactText } from '../../core/redact.ts';
import { ageText } from '../render/time.ts';
import { shortText } from '../render/untrusted.ts';
import type { ObserveContext } from '../types.ts';

/** Events that say the same about the same object, as one. */
export interface EventGroup {
  readonly id: string;
  /** Wall ms of the last one. */
  readonly last: number;
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  /** Of the object it is about. */
  readonly uid: string;
  readonly message: string;
  readonly count: number;
  readonly source: string;
}

export interface EventFilter {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly type?: string | undefined;
  readonly reason?: string | undefined;
}

const PAGE = 500;
// A busy cluster keeps tens of thousands of events for its hour; the newest can't be asked for first.
const MOST = 20_000;

/** All events that match, newest first. `complete` is false when there were too many to read. */
export async function readEvents(
  context: ObserveContext,
  filter: EventFilter,
): Promise<{ groups: EventGroup[]; complete: boolean }> {
  const { reader, signal } = context;
  const resource = await eventResource(context);
  const query: ListQuery = {
    resource,
    limit: PAGE,
    ...(filter.namespace === undefined ? {} : { namespace: filter.namespace }),
    ...selectorOf(filter),
  };
  const events: KubeObject[] = [];
  let continueToken: string | undefined;
  do {
    const page = await reader.list(
      { ...query, ...(continueToken === undefined ? {} : { continueToken }) },
      { signal },
    );
    events.push(...page.items);
    continueToken = page.continueToken;
  } while (continueToken !== undefined && events.length < MOST);
  return { groups: groupEvents(events, context), complete: continueToken === undefined };
}

/** core/v1 Events: they carry involvedObject, which field selectors know. */
export async function eventResource(context: ObserveContext): Promise<ResourceInfo> {
  return (await context.reader.resources({ signal: context.signal })).resolveKind('v1', 'Event');
}

function selectorOf(filter: EventFilter): { fieldSelector?: string } {
  const terms = {
    'involvedObject.kind': filter.kind,
    'involvedObject.name': filter.name,
    'involvedObject.uid': filter.uid,
    type: filter.type,
    reason: filter.reason,
  };
  const fieldSelector = Object.entries(terms)
    .flatMap(([field, value]) => (value === undefined ? [] : [`${field}=${escapeValue(value)}`]))
    .join(',');
  return fieldSelector === '' ? {} : { fieldSelector };
}

// How field selectors quote (apimachinery fields.EscapeValue).
const escapeValue = (value: string) => value.replace(/[\\,=]/g, (character) => `\\${character}`);

function groupEvents(events: readonly KubeObject[], context: ObserveContext): EventGroup[] {
  const groups = new Map<string, EventGroup>();
  for (const event of events) {
    const one = readEvent(event, context);
    const known = groups.get(one.id);
    groups.set(
      one.id,
      known
        ? { ...one, last: Math.max(known.last, one.last), count: known.count + one.count }
        : one,
    );
  }
  return [...groups.values()].sort((a, b) => b.last - a.last || (a.id < b.id ? -1 : 1));
}

/**
 * Events that differ only in the random end of a generated name, as one with their count: a
 * controller whose pods are refused says the same of each attempt.
 */
export function foldAttempts(groups: readonly EventGroup[]): EventGroup[] {
  const folded = new Map<string, EventGroup>();
  for (const group of groups) {
    const message = group.message
      .replace('(combined from similar events): ', '')
      .replace(/-[a-z0-9]{5}(?=")/g, '-…');
    const id = [group.object, group.type, group.reason, message].join('|');
    const first = folded.get(id);
    folded.set(id, first ? { ...first, count: first.count + group.count } : group);
  }
  return [...folded.values()];
}

function readEvent(event: JsonObject, context: ObserveContext): EventGroup {
  const involved = objectOf(event.involvedObject);
  const series = objectOf(event.series);
  const object = describeRef({
    kind: stringOf(involved.kind) ?? 'object',
    namespace: stringOf(involved.namespace),
    name: stringOf(involved.name) ?? '',
  });
  const type = stringOf(event.type) ?? 'Normal';
  const reason = shortText(stringOf(event.reason) ?? '', 120);
  const message = shortText(
    redactText(stringOf(event.message) ?? '', context.policy.redaction),
    500,
  );
  const times = [
    series.lastObservedTime,
    event.lastTimestamp,
    event.eventTime,
    event.firstTimestamp,
    objectOf(event.metadata).creationTimestamp,
  ];
  const source = stringOf(event.reportingComponent) || stringOf(objectOf(event.source).component);
  return {
    id: [object, type, reason, message].join('|'),
    last: Date.parse(times.map(stringOf).find((time) => time) ?? '') || 0,
    type,
    reason,
    object,
    uid: stringOf(involved.uid) ?? '',
    message,
    count: numberOf(series.count) ?? numberOf(event.count) ?? 1,
    source: shortText(source ?? '', 100),
  };
}

/** An event group as an answer shows it. */
export function showEvent(group: EventGroup, now: number, withObject: boolean): JsonObject {
  const { last, type, reason, object, message, count, source } = group;
  return {
    last: last === 0 ? 'unknown' : `${ageText(new Date(last).toISOString(), now)} ago`,
    type,
    reason,
    ...(withObject ? { object } : {}),
    message,
    ...(count > 1 ? { count } : {}),
    ...(withObject && source !== '' ? { source } : {}),
  };
}
