import type { Resource, ResourceTemplate } from '@modelcontextprotocol/sdk/types.js';

export const POLICY_URI = 'stratus://policy';
export const TRANSACTIONS_URI = 'stratus://transactions';
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

export const TEMPLATES: readonly ResourceTemplate[] = [
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
  | { readonly kind: 'transaction'; readonly transaction: string }
  | { readonly kind: 'story'; readonly transaction: string };

const ONE = /^stratus:\/\/transactions\/([A-Za-z0-9_-]{1,64})(\/audit)?$/;

/** @returns undefined for an address that names nothing here. */
export function addressOf(uri: string): Address | undefined {
  if (uri === POLICY_URI) return { kind: 'policy' };
  if (uri === TRANSACTIONS_URI) return { kind: 'transactions' };
  if (uri === AUDIT_URI) return { kind: 'audit' };
  const [, transaction, story] = ONE.exec(uri) ?? [];
  if (transaction === undefined) return undefined;
  return { kind: story === undefined ? 'transaction' : 'story', transaction };
}
