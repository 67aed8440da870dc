import { at } from '../../core/json.ts';
import { type CreateRow, REFUSED } from './types.ts';

/** Custom resources of the snapshot controller: each stands for data outside of the cluster. */
export const SNAPSHOTS: readonly string[] = [
  'VolumeSnapshot.snapshot.storage.k8s.io',
  'VolumeSnapshotContent.snapshot.storage.k8s.io',
  'VolumeGroupSnapshot.groupsnapshot.storage.k8s.io',
  'VolumeGroupSnapshotContent.groupsnapshot.storage.k8s.io',
];

/** How each names a snapshot that was there before it. */
const SOURCES = [
  'volumeSnapshotContentName',
  'volumeGroupSnapshotContentName',
  'snapshotHandle',
  'groupSnapshotHandles',
] as const;

export const LOST_SNAPSHOT = 'the snapshot that it stands for may be deleted with it';

export const SNAPSHOT_CREATES: readonly CreateRow[] = [
  {
    id: 'create-snapshot-of-existing',
    verb: 'create',
    kinds: SNAPSHOTS,
    what: 'for a snapshot that exists already',
    holds: (after) => SOURCES.some((name) => at(after, 'spec', 'source', name) !== undefined),
    class: 'irreversible',
    undo: `taking it back deletes the {kind}, and ${LOST_SNAPSHOT}`,
    verified: REFUSED,
  },
];
