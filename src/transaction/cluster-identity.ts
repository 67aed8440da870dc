import type { ClusterReader } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { resolveFresh } from './live.ts';

/**
 * Which cluster a transaction belongs to. Told apart by the uid of the kube-system namespace, which lives as long
 * as the cluster: an address may be given to another cluster, and a context may be renamed. An identity that may not
 * read it goes by the address.
 */
export interface ClusterIdentity {
  /** As journaled: context, server and uid, for people and for {@link isSame}. */
  readonly name: string;
  /** The uid, or the address where that may not be read: the same for whatever names the cluster has. */
  readonly key: string;
  isSame(name: string): boolean;
}

export async function identify(reader: ClusterReader): Promise<ClusterIdentity> {
  const uid = (await systemUid(reader)) ?? UNKNOWN;
  const { contextName, server } = reader;
  return {
    name: [contextName, server, uid].join(' '),
    key: uid === UNKNOWN ? server : uid,
    isSame: (other) => {
      const [otherUid = UNKNOWN, otherServer] = other.split(' ').reverse();
      if (uid !== UNKNOWN && otherUid !== UNKNOWN) return otherUid === uid;
      return otherServer === server;
    },
  };
}

const UNKNOWN = '-';

async function systemUid(reader: ClusterReader): Promise<string | undefined> {
  const resource = await resolveFresh(reader, (all) => all.resolveKind('v1', 'Namespace'));
  try {
    return (await reader.get({ resource, name: 'kube-system' }))?.uid;
  } catch (error) {
    if (error instanceof StratusError && error.code === 'forbidden') return undefined;
    throw error;
  }
}
