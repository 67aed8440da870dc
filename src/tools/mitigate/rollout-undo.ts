import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { at, equalJson, objectOf } from '../../core/json.ts';
import type { Live, PlannedWrite, Read } from '../../transaction/types.ts';
import { chooseRevision, cleanTemplate, revisionsOf } from '../revisions/revisions.ts';
import { parseKind } from './arguments.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { refusePaused } from './rollout-pause.ts';
import { nothingToDo, refOfLive, titleOf } from './target.ts';

const HISTORY = 'history';

/** Where the kinds that keep a history keep it, by the words people use for them. */
const HISTORY_OF: Readonly<Record<string, string>> = {
  deployment: 'replicasets.apps',
  deployments: 'replicasets.apps',
  deploy: 'replicasets.apps',
  statefulset: 'controllerrevisions.apps',
  statefulsets: 'controllerrevisions.apps',
  sts: 'controllerrevisions.apps',
  daemonset: 'controllerrevisions.apps',
  daemonsets: 'controllerrevisions.apps',
  ds: 'controllerrevisions.apps',
};

/** Reads the revisions that the kind keeps. @throws StratusError for a kind that keeps none. */
export function historyRead({ kind, namespace }: { kind: string; namespace: string }): Read {
  return { as: HISTORY, list: { resource: historyOf(kind), namespace } };
}

/**
 * Brings back the pod template of an earlier revision, as `kubectl rollout undo` does.
 * @throws StratusError for a paused Deployment, and where there is no such revision.
 */
export function planUndo(
  target: LiveObject,
  live: Live,
  toRevision: number | undefined,
): PlannedWrite {
  refusePaused(target, 'a rollback');
  const title = titleOf(target);
  const now = cleanTemplate(objectOf(at(target.object, 'spec', 'template')));
  const revisions = revisionsOf(target, live.list(HISTORY));
  const revision = chooseRevision(title, revisions, now, toRevision);
  if (equalJson(revision.template, now)) {
    throw nothingToDo(`${title} already runs revision ${revision.number}.`);
  }
  const object = refOfLive(target);
  return {
    verb: 'patch',
    object,
    patchType: 'json',
    patch: [{ op: 'replace', path: '/spec/template', value: revision.template }],
    summary: `bring back the pod template of revision ${revision.number} (${revision.images.join(', ')})`,
    kubectl: kubectl(
      'rollout',
      'undo',
      kubectlName(object),
      namespaceFlag(object),
      `--to-revision=${revision.number}`,
    ),
  };
}

function historyOf(kind: string): string {
  const word = parseKind(kind)
    .resource.toLowerCase()
    .replace(/\.apps$/, '');
  const history = HISTORY_OF[word];
  if (history !== undefined) return history;
  throw new StratusError('invalid_arguments', `"${kind}" keeps no rollout history.`, {
    next: 'Name a Deployment, StatefulSet or DaemonSet.',
  });
}
