import type { IncidentRow } from '../journal/incident-types.ts';
import type { KnownIncident } from './known-incident.ts';

/** One argument of a prompt. The protocol knows only strings. */
export interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

export type Need = 'write' | 'record';

export type Given = Readonly<Record<string, string>>;

/** What a prompt is made from besides the words of the person. */
export interface PromptFacts {
  /** The incident that was named, as the journal knows it. */
  readonly known?: KnownIncident;
  /** Incidents that are open, newest first; for the prompt that leads through one. */
  readonly open: readonly IncidentRow[];
  /** Whether an incident may be opened and moved from here. */
  readonly canRecord: boolean;
  /** Fences data off in this text: nobody could know it before. */
  readonly fence: string;
}

/** A prompt as data, and the pure function that fills in what is known. */
export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  /** What has to be offered for it to make sense: tools that change the cluster, tools that record an incident. */
  readonly needs: readonly Need[];
  render(given: Given, facts: PromptFacts): string;
}

const optional = (name: string, description: string): PromptArgument => ({
  name,
  description,
  required: false,
});

export const INCIDENT = optional('incident', 'Handle of an incident, such as inc-3.');
export const NAMESPACE = optional('namespace', 'Namespace to work in.');
export const REPORT = optional('report', 'What is wrong, in your words.');
export const TRANSACTION = optional('transaction', 'Handle of a transaction, such as txn-7.');
export const KIND = optional('kind', 'Kind of the object it shows at, such as Deployment.');
export const NAME = optional('name', 'Name of that object.');
