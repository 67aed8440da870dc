import { StratusError } from '../core/errors.ts';
import { plainText } from '../core/plain-text.ts';
import { DEFAULT_LEASE } from '../core/settings.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { LeaseView } from './lease-types.ts';

const RULE = 'A1 writer exclusivity';

function ifGone(lease: string): string {
  const named = lease === DEFAULT_LEASE ? '' : ` --lease ${lease}`;
  return `If that host is gone for good, a person frees the Lease: stratus-mcp lease show${named}, then stratus-mcp lease break${named} --note "…".`;
}

export function viewOfLease(
  lease: string,
  record: LeaseRecord,
  me: { identity: string; journal: string },
): LeaseView {
  const { holder, acquired, renewed, open, epoch } = record;
  return {
    lease,
    epoch,
    ...(holder === undefined
      ? {}
      : {
          holder: {
            host: holder.host,
            ...(holder.pid === undefined ? {} : { pid: holder.pid }),
            ...(holder.journal === undefined ? {} : { journal: holder.journal }),
            ...(acquired === undefined ? {} : { since: acquired }),
            ...(renewed === undefined ? {} : { renewed }),
          },
        }),
    ...(open === undefined ? {} : { open }),
    sentence: plainText(sentenceOf(lease, record)),
    mine: holder?.identity === me.identity,
    here: open?.journal === me.journal,
  };
}

function sentenceOf(lease: string, { holder, acquired, open }: LeaseRecord): string {
  const facts = [
    ...(holder?.pid === undefined ? [] : [`pid ${holder.pid}`]),
    ...(holder?.journal === undefined ? [] : [`journal ${holder.journal}`]),
  ];
  const who =
    holder === undefined
      ? 'nobody'
      : [
          holder.host,
          ...(facts.length > 0 ? [`(${facts.join(', ')})`] : []),
          ...(acquired === undefined ? [] : [`since ${acquired}`]),
        ].join(' ');
  const left =
    open === undefined
      ? ''
      : ` ${open.transaction} of journal ${open.journal} on ${open.host} is not finished.`;
  return `The Lease ${lease} is held by ${who}.${left}`;
}

/** Somebody else may write, or has left something open. */
export function leaseHeld(view: LeaseView): StratusError {
  const { lease, holder, open, sentence } = view;
  const next =
    holder === undefined
      ? `Finish it where it was begun: with that journal, a server's start or stratus-mcp transactions recover takes it back. ${ifGone(lease)}`
      : `Wait until it ends, then call again. ${ifGone(lease)}`;
  return new StratusError('writer_busy', sentence, {
    rule: RULE,
    next,
    details: { lease, ...(holder && { holder }), ...(open && { open }) },
  });
}

export function leaseLost(why: string): StratusError {
  return new StratusError('lease_lost', why, { rule: RULE, changed: 'unknown' });
}

export function leaseForbidden(lease: string, said: string): StratusError {
  return new StratusError(
    'forbidden',
    `This identity may not use the Lease ${lease}, so other machines can't be kept from writing: ${said}`,
    {
      rule: RULE,
      next: `Ask for get and update on that Lease (leases.coordination.k8s.io, and create where it doesn't exist yet); or name a Lease elsewhere with --lease NAMESPACE/NAME, the same for all servers. --lease off gives up the protection.`,
    },
  );
}

export function leaseNamespaceMissing(lease: string, namespace: string): StratusError {
  return new StratusError(
    'not_found',
    `The Lease ${lease} can't be made: there is no namespace ${namespace}.`,
    {
      rule: RULE,
      next: `Create the namespace ${namespace}, or name a Lease elsewhere with --lease NAMESPACE/NAME, the same for all servers.`,
    },
  );
}
