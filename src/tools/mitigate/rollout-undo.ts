import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { at, equalJson, objectOf } from '../../core/json.ts';
import { chooseRevision, cleanTemplate, revisionsOf } from '../revisions/revisions.ts';
import { defineMitigateTool } from '../types.ts';
import {
  commonArguments,
  nameArgument,
  namespaceArgument,
  parseKind,
  workloadKind,
} from './arguments.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';

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

export const mitigateRolloutUndo = defineMitigateTool({
  name: 'mitigate_rollout_undo',
  title: 'Undo a rollout',
  effect: 'mitigate',
  description:
    'Use when a rollout by somebody else broke a Deployment, StatefulSet or DaemonSet: brings back the pod template of the previous (or a given) revision. To take back a change of your own use undo_last or undo_transaction: those restore everything.',
  input: z.strictObject({
    namespace: namespaceArgument,
    kind: workloadKind,
    name: nameArgument,
    to_revision: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Revision; left out: the newest earlier one, or in a stuck rollout the one still serving.',
      ),
    ...commonArguments,
  }),
  reads: (args) => [
    readTarget(args),
    { as: HISTORY, list: { resource: historyOf(args.kind), namespace: args.namespace } },
  ],
  plan: (args, live) => {
    const target = targetOf(args, live);
    const title = titleOf(target);
    if (at(target.object, 'spec', 'paused') === true) {
      throw new StratusError(
        'invalid_arguments',
        `${title} is paused, so a rollback would not start.`,
        { next: 'Resume it first: mitigate_patch with spec.paused false.' },
      );
    }
    const now = cleanTemplate(objectOf(at(target.object, 'spec', 'template')));
    const revisions = revisionsOf(target, live.list(HISTORY));
    const revision = chooseRevision(title, revisions, now, args.to_revision);
    if (equalJson(revision.template, now)) {
      throw nothingToDo(`${title} already runs revision ${revision.number}.`);
    }
    const object = refOfLive(target);
    return [
      {
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
      },
    ];
  },
});

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
