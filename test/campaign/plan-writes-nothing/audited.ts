import { stringify } from 'yaml';
import { at, isObject, stringOf } from '../../../src/core/json.ts';
import type { AuditEvent } from '../../cluster/audit-log.ts';

/**
 * As the control plane's usual audit policy, with the bodies of the administrator's requests: whether a DELETE is a
 * dry run stands in its body alone.
 */
export const AUDIT_POLICY = stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', verbs: ['get', 'list', 'watch'] },
    { level: 'Request', users: ['admin'] },
    { level: 'None' },
  ],
});

export interface Asked {
  readonly dryRuns: number;
  /** Reviews of what one may do: answered, never stored. */
  readonly reviews: number;
  /** Writes of the Lease that an open transaction holds. */
  readonly lease: number;
  /** Everything else: requests that store something. */
  readonly writes: readonly string[];
}

/** What the administrator asked of the API server. */
export function asked(all: readonly AuditEvent[], leaseOfOurs: string): Asked {
  const events = all.filter(({ user }) => user === 'admin');
  const kinds = events.map((event) => kindOf(event, leaseOfOurs));
  const count = (kind: string) => kinds.filter((it) => it === kind).length;
  return {
    dryRuns: count('dry run'),
    reviews: count('review'),
    lease: count('lease'),
    writes: events
      .filter((_, i) => kinds[i] === 'write')
      .map(({ verb, requestUri, code }) => `${verb} ${requestUri} answered ${code}`),
  };
}

function kindOf(event: AuditEvent, leaseOfOurs: string): 'dry run' | 'review' | 'lease' | 'write' {
  if (isDryRun(event)) return 'dry run';
  const group = stringOf(at(event.raw, 'objectRef', 'apiGroup'));
  if (group === 'authorization.k8s.io' || group === 'authentication.k8s.io') return 'review';
  const isOurs = `${event.namespace}/${event.name ?? nameInBody(event)}` === leaseOfOurs;
  return event.resource === 'leases' && isOurs ? 'lease' : 'write';
}

/** A DELETE with a body ignores its query, `dryRun=All` included. */
function isDryRun({ raw, requestUri, verb }: AuditEvent): boolean {
  const body = at(raw, 'requestObject');
  const inBody = at(body, 'dryRun') ?? at(body, 'deleteOptions', 'dryRun');
  const saysAll = Array.isArray(inBody) && inBody.length === 1 && inBody[0] === 'All';
  if (verb.startsWith('delete') && isObject(body)) return saysAll;
  const query = new URL(requestUri, 'https://api.example').searchParams.getAll('dryRun');
  return saysAll || (query.length === 1 && query[0] === 'All');
}

function nameInBody({ raw }: AuditEvent): string {
  return stringOf(at(raw, 'requestObject', 'metadata', 'name')) ?? '';
}
