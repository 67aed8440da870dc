import type { Resource, ResourceTemplate } from '@modelcontextprotocol/sdk/types.js';

export const POLICY_URI = 'stratus://policy';
export const TRANSACTIONS_URI = 'stratus://transactions';
export const INCIDENTS_URI = 'stratus://incidents';
export const AUDIT_URI = 'stratus://audit';

const JSON_TYPE = 'application/json';

export const RESOURCES: readonly Resource[] = [
  {
    uri: AUDIT_URI,
    name: 'audit',
    title: 'Audit log',
    description: 'The latest calls and what came of them, newest first.',
    mimeType: JSON_TYPE,
  },
  {
    uri: INCIDENTS_URI,
    name: 'incidents',
    title: 'Incidents',
    description: 'Incidents, newest first: the phase of each.',
    mimeType: JSON_TYPE,
  },
  {
    uri: POLICY_URI,
    name: 'policy',
    title: 'Policy in force',
    description: 'The policy file as it was loaded: what is allowed where, and the bounds.',
    mimeType: 'application/yaml',
  },
  {
    uri: TRANSACTIONS_URI,
    name: 'transactions',
    title: 'Transactions',
    description: 'Transactions, newest first: what is open, who has it, how each ended.',
    mimeType: JSON_TYPE,
  },
];

export const TRANSACTION_TEMPLATE = `${TRANSACTIONS_URI}/{transaction}`;
export const STORY_TEMPLATE = `${TRANSACTIONS_URI}/{transaction}/audit`;

export const INCIDENT_TEMPLATE = `${INCIDENTS_URI}/{incident}`;

export const TEMPLATES: readonly ResourceTemplate[] = [
  {
    uriTemplate: INCIDENT_TEMPLATE,
    name: 'incident',
    title: 'One incident',
    description: 'Its phase, hypotheses, attempts and what is allowed next.',
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: TRANSACTION_TEMPLATE,
    name: 'transaction',
    title: 'One transaction',
    description: 'Its steps, budget, severity and verdict.',
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: STORY_TEMPLATE,
    name: 'transaction-audit',
    title: 'Story of a transaction',
    description: 'Its rows of the audit log, oldest first.',
    mimeType: JSON_TYPE,
  },
];

/** What an address means. */
export type Address =
  | { readonly kind: 'policy' }
  | { readonly kind: 'transactions' }
  | { readonly kind: 'audit' }
  | { readonly kind: 'incidents' }
  | { readonly kind: 'incident'; readonly incident: string }
  | { readonly kind: 'transaction'; readonly transaction: string }
  | { readonly kind: 'story'; readonly transaction: string };

const INCIDENT = /^stratus:\/\/incidents\/([A-Za-z0-9_-]{1,64})$/;
const ONE = /^stratus:\/\/transactions\/([A-Za-z0-9_-]{1,64})(\/audit)?$/;

/** @returns undefined for an address that names nothing here. */
export function addressOf(uri: string): Address | undefined {
  if (uri === POLICY_URI) return { kind: 'policy' };
  if (uri === TRANSACTIONS_URI) return { kind: 'transactions' };
  if (uri === AUDIT_URI) return { kind: 'audit' };
  if (uri === INCIDENTS_URI) return { kind: 'incidents' };
  const [, incident] = INCIDENT.exec(uri) ?? [];
  if (incident !== undefined) return { kind: 'incident', incident };
  const [, transaction, story] = ONE.exec(uri) ?? [];
  if (transaction === undefined) return undefined;
  return { kind: story === undefined ? 'transaction' : 'story', transaction };
}
