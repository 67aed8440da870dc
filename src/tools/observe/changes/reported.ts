import type { KubeObject } from '../../../core/kube.ts';
import { shortText } from '../../render/untrusted.ts';
import type { EventGroup } from '../event-list.ts';
import { templateText } from '../logs/template-text.ts';
import type { Change } from './types.ts';

/** Events of type Normal that tell of a change; the others tell that all goes its way. */
const TELLING: ReadonlySet<string> = new Set([
  ...['ScalingReplicaSet', 'SuccessfulRescale', 'Killing', 'Preempting', 'Preempted', 'Evicted'],
  ...['NodeNotReady', 'NodeReady', 'NodeNotSchedulable', 'NodeSchedulable', 'Rebooted'],
  ...['TaintManagerEviction', 'DeletingAllPods', 'RemovingNode', 'RegisteredNode', 'Resizing'],
]);

/** Events as changes: those that say the same of several objects as one, the newest standing for them. */
export function eventsAsChanges(
  groups: readonly EventGroup[],
  since: number,
): { changes: Change[]; ordinary: number } {
  const recent = groups.filter(({ last }) => last >= since);
  const telling = recent.filter(({ type, reason }) => type !== 'Normal' || TELLING.has(reason));
  const alike = new Map<string, EventGroup[]>();
  for (const group of telling) {
    const { object, type, reason, message } = group;
    const [kind = '', path = ''] = object.split(' ');
    const namespace = path.slice(0, Math.max(0, path.indexOf('/')));
    const id = [kind, namespace, type, reason, templateText(message)].join('|');
    alike.set(id, [...(alike.get(id) ?? []), group]);
  }
  const changes = [...alike].map(([id, same]) => asChange(id, same));
  return { changes, ordinary: recent.length - telling.length };
}

function asChange(id: string, groups: readonly EventGroup[]): Change {
  const newest = groups.reduce((a, b) => (b.last > a.last ? b : a));
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const objects = new Set(groups.map(({ object }) => object)).size;
  const { type, reason, message, source } = newest;
  const word = type === 'Normal' ? reason : `${type} ${reason}`;
  return {
    id: `event|${id}`,
    at: newest.last,
    what: 'event',
    object: objects > 1 ? `${newest.object} and ${objects - 1} more` : newest.object,
    ...(source === '' ? {} : { by: source }),
    said: `${word}${count > 1 ? ` ×${count}` : ''}: ${shortText(message, 240)}`,
  };
}

/**
 * Whether an event's object is the one asked for or what a workload of that name made: its ReplicaSets, their pods,
 * or pods with its name and a generated end.
 */
export function isAbout(
  kind: string,
  name: string,
  kept: readonly KubeObject[],
): (group: Pick<EventGroup, 'object'>) => boolean {
  const sets = new Set(kept.map(({ metadata }) => metadata.name));
  return ({ object }) => {
    const space = object.indexOf(' ');
    const its = object.slice(0, space);
    const path = object.slice(space + 1);
    const named = path.slice(path.indexOf('/') + 1);
    if (its === kind && named === name) return true;
    if (its === 'ReplicaSet') return sets.has(named);
    if (its !== 'Pod') return false;
    const stem = named.slice(0, Math.max(0, named.lastIndexOf('-')));
    const direct = stem === name && WITH_PODS.has(kind);
    return sets.has(stem) || direct;
  };
}

const WITH_PODS: ReadonlySet<string> = new Set(['StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job']);
