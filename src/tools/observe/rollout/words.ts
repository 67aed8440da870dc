import { at, stringOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import { compact } from '../../render/manifest.ts';
import { shortText } from '../../render/untrusted.ts';
import type { Revision } from '../../revisions/revisions.ts';
import { call } from '../next-step.ts';
import { type ContainerTrouble, containerTroubles } from '../state.ts';
import { readyOf } from './history.ts';
import type { Reasons } from './reasons.ts';
import type { RolloutStatus } from './status.ts';

/** The rollout in a sentence or two: how it stands, why, and what serves meanwhile. */
export function summariseRollout(
  subject: string,
  status: RolloutStatus,
  { why }: Reasons,
  current: Revision | undefined,
  revisions: readonly Revision[],
  pods: readonly KubeObject[] | undefined,
): string {
  const serving = revisions.filter((it) => it !== current && readyOf(it, pods) > 0);
  const numbers = serving.map(({ number }) => number).join(', ');
  return [
    `${subject}: ${status.state}. ${shortText(status.message).replace(/\.*$/, '.')}`,
    status.state !== 'complete' && why[0] && `${why[0].replace(/\.*$/, '')}.`,
    current &&
      `Revision ${current.number} is wanted`.concat(
        current.images.length
          ? ` (${current.images.map((it) => shortText(it, 120)).join(', ')}).`
          : '.',
      ),
    status.state === 'paused' &&
      current === undefined &&
      'The newest template is no revision yet: it rolls out when resumed.',
    serving.length > 0 &&
      `Revision${serving.length > 1 ? 's' : ''} ${numbers} still serve${serving.length > 1 ? '' : 's'}.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The call that helps most now. */
export function nextAfterRollout(
  workload: KubeObject,
  status: RolloutStatus,
  reasons: Reasons,
  revisions: readonly Revision[],
  nextOffset: number | undefined,
  args: { revision?: number | undefined; compare_to?: number | undefined },
): string {
  const { name, namespace } = workload.metadata;
  const place = namespace === undefined ? {} : { namespace };
  const same = { ...place, kind: workload.kind, name };
  if (nextOffset !== undefined) {
    const { revision, compare_to } = args;
    const sides = compact({ revision, compare_to });
    return `${call('observe_rollout', { ...same, ...sides, offset: nextOffset })} shows more of the diff.`;
  }
  if (status.state === 'stuck' || (status.state === 'progressing' && reasons.worst)) {
    const undo = call('mitigate_rollout', { ...same, action: 'undo' });
    const back = revisions.length > 1 ? ` ${undo} brings the earlier revision back.` : '';
    return `${lookCloser(same, reasons)}${back}`;
  }
  if (status.state === 'paused') {
    return `mitigate_rollout ${JSON.stringify({ ...same, action: 'resume' })} lets it go on.`;
  }
  return `${call('observe_related', same)} shows what depends on it.`;
}

/** Where the reason is told: logs of what ran, the nodes for what has none, otherwise events. */
function lookCloser(workload: Record<string, unknown>, { troubled, worst }: Reasons): string {
  if (worst === undefined) return `${call('observe_describe', workload)} shows the events.`;
  const { name, namespace } = worst.metadata;
  if (troubled !== undefined && containerTroubles(troubled).some(hasRun)) {
    const pod = troubled.metadata.name;
    return `${call('observe_logs', { namespace, pod })} tells more.`;
  }
  if (troubled === undefined && stringOf(at(worst, 'spec', 'nodeName')) === undefined) {
    return `${call('observe_capacity', { namespace, pod: name })} says why no node takes it.`;
  }
  return `${call('observe_describe', { kind: 'Pod', name, namespace })} shows its events and what it refers to.`;
}

const hasRun = ({ waiting, last }: ContainerTrouble) => !waiting || last !== undefined;
