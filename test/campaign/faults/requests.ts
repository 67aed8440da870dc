import type { PassingRequest } from '../world/network.ts';

/** What a request is for, as far as its bytes tell. */
export type RequestKind =
  /** GET of one object. */
  | 'read'
  | 'list'
  | 'dry run'
  /** A dry run of the undo. */
  | 'rehearsal'
  | 'write'
  /** Bytes that make a late write of ours fail. */
  | 'fence'
  /** PUT, POST or DELETE that brings an object back to what it was. */
  | 'restore'
  /** Gives fields back to the managers that had them. */
  | 'ownership'
  /** Takes a mark of ours off. */
  | 'unmark'
  /** Removes pods and ReplicaSets of something that is gone for good. */
  | 'child delete'
  | 'Lease read'
  | 'Lease write';

/** The kinds that store something, when they are no dry runs. */
export const STORING: readonly RequestKind[] = [
  'write',
  'fence',
  'restore',
  'ownership',
  'unmark',
  'child delete',
  'Lease write',
];

export function isStoring(kind: RequestKind): boolean {
  return STORING.includes(kind);
}

/** @returns undefined for what has nothing to do with the run: discovery, schemas, reviews, watches */
export function kindOf(
  request: PassingRequest,
  place: { readonly namespace: string; readonly object: string; readonly lease: string },
): RequestKind | undefined {
  const { method, path, dryRun, auditId, body } = request;
  const url = new URL(path, 'http://api.example');
  const [leaseNamespace = '', leaseName = ''] = place.lease.split('/');
  if (url.pathname.includes(`/namespaces/${leaseNamespace}/leases`)) {
    if (method === 'GET') return url.pathname.endsWith(`/${leaseName}`) ? 'Lease read' : undefined;
    return 'Lease write';
  }
  const [, within] = url.pathname.split(`/namespaces/${place.namespace}/`);
  if (within === undefined) return undefined;
  const [plural = '', name] = within.split('/');
  if (method === 'GET') {
    if (path.includes('watch=true')) return undefined;
    return name === undefined ? 'list' : 'read';
  }
  const isUndo =
    (url.searchParams.get('fieldManager') ?? '').startsWith('stratus-undo') ||
    auditId.endsWith('-restore');
  if (dryRun) return isUndo ? 'rehearsal' : 'dry run';
  if (body.includes('stratus.dev/fence') && method === 'PATCH') return 'fence';
  if (isUndo)
    return body.includes('"managedFields":[') && method === 'PATCH' ? 'ownership' : 'restore';
  if (method === 'DELETE' && `${plural}/${name}` !== place.object) return 'child delete';
  return method === 'PATCH' && body.includes('stratus.dev/') ? 'unmark' : 'write';
}
