import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../src/core/kube.ts';
import { contentOf, everything, listed, managersOf, NOTE, type Ref } from './objects.ts';
import { converged, type Journaled, type Scene, type Snapshot, snapshot } from './scene.ts';
import type { Tally } from './tally.ts';

/** How the run was killed, as one may repeat it. */
export interface Case {
  readonly name: string;
}

/** What the last server had not finished, as long as it lived. */
export interface Left {
  /** States that transactions did not get out of. */
  readonly open: readonly string[];
  /** What the Lease still names. */
  readonly mark: string | undefined;
}

/**
 * Looks at what a run has left, after the recovery.
 * @param committed what the flow leaves where nobody kills it
 */
export async function checkRun(
  scene: Scene,
  { name }: Case,
  committed: Snapshot,
  { open, mark }: Left,
  tally: Tally,
): Promise<void> {
  const { cluster, namespace, flow } = scene;
  const wrong = (what: string | undefined) =>
    what === undefined ? undefined : `${flow.name}, ${name}: ${what}`;
  const left = await converged(cluster, namespace, flow);
  tally.check('pods', wrong(left === undefined ? await replicaSetsGone(scene) : left));
  const edits = await scene.other.stop();
  const journal = scene.journaled();
  const now = await snapshot(cluster, namespace, flow);
  tally.check('terminal', wrong(open.length === 0 ? undefined : said(journal)));
  tally.check('lease', wrong(mark));
  tally.check('chain', wrong(journal.chain ? undefined : 'the chain does not verify'));
  const expected = expectedOf(scene, journal, committed);
  for (const ref of flow.objects) {
    const { object, loose } = expected(ref, now.get(ref));
    const is = contentOf(now.get(ref), loose);
    const was = contentOf(object, loose);
    const same = isDeepStrictEqual(is, was);
    tally.check('state', wrong(same ? undefined : different(ref, is, was, journal)));
  }
  for (const [ref, value] of edits) {
    const live = now.get(ref);
    // Where the commit deleted the object its annotations went with it.
    if (live === undefined) continue;
    const seen = live.metadata.annotations?.[NOTE];
    const text = `${ref.kind}/${ref.name} has ${seen}, and ${value} was stored`;
    tally.check('edits', wrong(seen === value ? undefined : text));
  }
  const residue = await residueOf(scene, now, journal);
  tally.check('residue', wrong(residue));
}

const said = ({ rows }: Journaled) =>
  rows.map(({ id, state, outcome }) => `${id} ${state}: ${outcome ?? ''}`).join('; ');

function different(ref: Ref, is: unknown, was: unknown, journal: Journaled): string {
  const show = (value: unknown) => JSON.stringify(value);
  const states = journal.rows.map(({ state }) => state).join(',');
  return `${ref.kind}/${ref.name} (${states}) is ${show(is)} and not ${show(was)}`;
}

/** What an object has to be by the journal's word. */
function expectedOf(
  { before, prepared, flow }: Scene,
  { rows }: Journaled,
  committed: Snapshot,
): (ref: Ref, now: KubeObject | undefined) => { object: KubeObject | undefined; loose: boolean } {
  const state = rows.at(-1)?.state;
  return (ref, now) => {
    if (state === 'COMMITTED' && flow.prelude === undefined) {
      return { object: committed.get(ref), loose: true };
    }
    const object = (state === 'COMMITTED' ? prepared : before).get(ref);
    return { object, loose: object?.metadata.uid !== now?.metadata.uid };
  };
}

async function replicaSetsGone({ cluster, namespace, flow, replicaSets }: Scene) {
  if (flow.workload?.kind !== 'Deployment') return undefined;
  const now = await listed(cluster, namespace, 'ReplicaSet');
  // A deleted workload's went with it: unconverged() has looked for its pods.
  const deployments = await listed(cluster, namespace, 'Deployment');
  if (deployments.length === 0) {
    return now.length === 0 ? undefined : `${now.length} ReplicaSets of the deleted workload`;
  }
  const missing = replicaSets.filter((uid) => !now.some(({ metadata }) => metadata.uid === uid));
  return missing.length === 0 ? undefined : `${missing.length} ReplicaSets are gone`;
}

const MARKS = /stratus\.dev\/(intent|fence|txn|open-txn|stand-in)[^"\\]*/;

async function residueOf(scene: Scene, now: Snapshot, { rows }: Journaled) {
  const { cluster, namespace } = scene;
  const volumes = JSON.stringify([...now.values()]);
  const [mark] = MARKS.exec((await everything(cluster, namespace)) + volumes) ?? [];
  if (mark !== undefined) return `something still carries ${mark}`;
  if (rows.some(({ state }) => state === 'COMMITTED')) return undefined;
  const owned = [...now.values()]
    .filter((object) => object !== undefined)
    .flatMap((object) =>
      managersOf(object)
        .filter((manager) => manager.startsWith('stratus'))
        .map((manager) => `${object.kind}/${object.metadata.name} has fields of ${manager}`),
    );
  return owned[0];
}
