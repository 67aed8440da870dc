import {
  at,
  cloneJson,
  type JsonObject,
  objectOf,
  objectsOf,
  stringOf,
} from '../../../src/core/json.ts';
import { all, dataUntouched, othersUntouched, released, serving, unless } from '../oracle.ts';
import type { Card, Findings, Ground } from '../types.ts';

const WRONG = 'db-data-broken';

/** The volume as it was before anything was wrong: the undo of a claim's delete keeps it. */
const uids = new WeakMap<Ground, unknown>();

export const s21: Card = {
  id: 'S21',
  title: 'pvc-claim-mismatch',
  source: 'SREGym pvc_claim_mismatch',
  class: 'storage, configuration and secrets',
  /** Storage that whoever claims it gets, as a provisioner would make it. */
  async prepare({ namespace, create }) {
    await create({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `spare-${namespace}` },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: spareClass(namespace),
        hostPath: { path: `/tmp/${namespace}-spare`, type: 'DirectoryOrCreate' },
      },
    });
  },
  async inject(ground) {
    uids.set(ground, await volumeUid(ground));
    // Without its earlier revision, as somebody who applies it anew.
    await ground.remove('Deployment', 'db');
    await ground.wait('the pods of db to go', async () => (await ground.pods('db')).length === 0);
    await ground.create(deployment(ground));
    await ground.wait('its pod to find no node', async () =>
      JSON.stringify(await ground.pods('db')).includes(`\\"${WRONG}\\" not found`),
    );
  },
  symptoms: [
    {
      tool: 'observe_health',
      args: ({ namespace }) => ({ namespace }),
      shows: [/Deployment [^"]*\/db/, 'Unschedulable', WRONG],
    },
    {
      tool: 'observe_events',
      args: ({ namespace }) => ({ namespace, reason: 'FailedScheduling' }),
      shows: [/db-data-broken[\\"]* not found/],
    },
    {
      tool: 'observe_list',
      args: ({ namespace }) => ({ kind: 'PersistentVolumeClaim', namespace }),
      shows: ['db-data', 'Bound'],
    },
  ],
  plans: [
    {
      id: 'claim-again',
      title: 'let db use its own claim again',
      right: true,
      steps: ({ namespace }) => {
        const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'db-data' } }];
        const patch = { spec: { template: { spec: { volumes } } } };
        return [
          { tool: 'mitigate_patch', args: { kind: 'Deployment', name: 'db', namespace, patch } },
        ];
      },
      expect: { outcome: 'committed' },
    },
    {
      id: 'empty-claim',
      title: 'create the claim that is missing',
      right: false,
      steps: (ground) => [createClaim(ground)],
      expect: { outcome: 'committed', lowers: true },
      why: 'An empty volume looks as healthy as the right one: no status tells what is in it.',
    },
    {
      id: 'empty-claim-for-the-old',
      title: 'create the claim that is missing, and delete the one that nothing uses',
      right: false,
      steps: (ground) => [createClaim(ground), deleteClaim(ground)],
      expect: { outcome: 'undone' },
      recreated: ['PersistentVolumeClaim/db-data'],
    },
  ],
  oracle: (ground) =>
    all(
      claimOf(ground),
      dataUntouched(ground),
      volumeUid(ground).then((uid) =>
        unless(uid === uids.get(ground), 'the volume of db-data is another one'),
      ),
      serving(ground, 'db'),
      othersUntouched(ground, ['db']),
    ),
};

function spareClass(namespace: string): string {
  return `${namespace}-spare`;
}

/** Of the volume that the claim has. */
async function volumeUid(ground: Ground) {
  const claim = await ground.get('PersistentVolumeClaim', 'db-data');
  const volume = stringOf(at(claim, 'spec', 'volumeName')) ?? '';
  return at(await ground.get('PersistentVolume', volume), 'metadata', 'uid');
}

async function claimOf(ground: Ground): Promise<Findings> {
  const spec = at(await ground.get('Deployment', 'db'), 'spec', 'template', 'spec');
  const claims = objectsOf(at(spec, 'volumes')).map((it) =>
    at(it, 'persistentVolumeClaim', 'claimName'),
  );
  return unless(claims.join() === 'db-data', `db claims ${claims.join(', ')}`);
}

/** That of the base application, with the wrong claim. */
function deployment(ground: Ground): JsonObject {
  const manifest = cloneJson(released(ground, 'Deployment', 'db')) as JsonObject;
  const template = objectOf(at(manifest, 'spec', 'template'));
  const spec = objectOf(template.spec);
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: WRONG } }];
  return {
    ...manifest,
    spec: { ...objectOf(manifest.spec), template: { ...template, spec: { ...spec, volumes } } },
  };
}

function createClaim({ namespace }: Ground) {
  const manifest = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: WRONG, namespace },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: spareClass(namespace),
      resources: { requests: { storage: '1Gi' } },
    },
  };
  return { tool: 'mitigate_apply', args: { mode: 'create', manifest } };
}

function deleteClaim({ namespace }: Ground) {
  const args = { kind: 'PersistentVolumeClaim', name: 'db-data', namespace };
  return { tool: 'mitigate_delete', args };
}
