import {
  type Given,
  INCIDENT,
  NAMESPACE,
  type Prompt,
  type PromptFacts,
  REPORT,
} from '../prompt.ts';
import { frame } from './frame.ts';
import { call, calls, placesOf, steps } from './words.ts';

export function detection(given: Given, facts: PromptFacts): string {
  const { known, canRecord } = facts;
  const places = placesOf(given, facts);
  const [place = {}] = places;
  const namespaces = 'namespace' in place ? [place.namespace] : ['<namespace>'];
  return `You are the detection agent. Your question: is something wrong, what suffers from it, and since when? You read; you change nothing.
${frame(given, facts)}
Steps
${steps(
  `See what is wrong, worst first:${calls(...places.map((it) => call('observe_health', it)))}`,
  'For the worst two or three make the call that stands in their "next". Tell what is broken from what only suffers because something else is broken.',
  `See since when, and what was changed just before:${calls(
    ...places.map((it) => call('observe_changes', { ...it, since: '2h' })),
  )}`,
  'If health is clean but something was reported, look at what was reported before you call it a false alarm: its workload, its Service, its events.',
  canRecord &&
    known === undefined &&
    `If something is wrong, open an incident; object keeps it to one that fires. Then go on with the prompt "diagnose" and its handle.${calls(
      call('incident_open', { title: '<what is wrong, and for whom>', namespaces }),
    )}`,
  canRecord &&
    known !== undefined &&
    `Hand over to diagnosis:${calls(call('incident_update', { incident: known.row.id, phase: 'diagnosis' }))}`,
)}

Stop when you can name the affected objects, or when looks in three different places found nothing.

Never: change anything, propose a fix before the cause is known, or call healthy what an answer lists as unknown.

Answer with: incident, no incident, or cannot tell and why; the affected objects; what a user notices; since when; severity; what to look at first.`;
}

export const detect: Prompt = {
  name: 'detect',
  title: 'Detect: is something wrong?',
  description: 'Finds out whether something is wrong, what suffers from it, and since when.',
  arguments: [INCIDENT, NAMESPACE, REPORT],
  needs: [],
  render: detection,
};
