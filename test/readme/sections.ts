import { EDGES, type Edge, GUARDS, PHASES } from '../../src/agents/machine.ts';
import { systemClock } from '../../src/core/clock.ts';
import { SECRET_SETTINGS, SETTINGS, type Setting } from '../../src/core/settings.ts';
import { allTools } from '../../src/tools/catalogue.ts';
import type { Tool } from '../../src/tools/types.ts';
import { MATRIX } from '../../src/undo/matrix/matrix.ts';
import { ablation } from '../campaign/ablation/campaign.ts';
import { crashCampaign } from '../campaign/crash/campaign.ts';
import { exclusivity } from '../campaign/exclusivity/campaign.ts';
import { faultCampaign } from '../campaign/faults/campaign.ts';
import { fuzz } from '../campaign/fuzz/campaign.ts';
import { planWritesNothing } from '../campaign/plan-writes-nothing/campaign.ts';
import type { Campaign } from '../campaign/types.ts';
import { undoMatrix } from '../campaign/undo-matrix/campaign.ts';
import { scenarios } from '../scenarios/campaign.ts';
import { measuredTable } from './measured.ts';
import { scenarioTable } from './scenarios.ts';
import { table } from './table.ts';

/** The parts of the README that are made from the code, by name. `npm run readme` writes them. */
export const SECTIONS: Readonly<Record<string, () => string>> = {
  settings: settingsTable,
  tools: toolsTable,
  matrix: matrixTable,
  campaigns: campaignTable,
  measured: measuredTable,
  scenarios: scenarioTable,
  phases: phaseTable,
  edges: edgeTable,
};

const MARKED = /(<!-- generated:([a-z-]+) -->\n)([\s\S]*?)(<!-- \/generated -->)/g;

const CAMPAIGNS: readonly Campaign[] = [
  ...[undoMatrix, planWritesNothing, crashCampaign, faultCampaign, exclusivity, fuzz],
  ...[scenarios, ablation],
];

/** The text with every marked section as the code wants it. @throws Error for a name nobody makes. */
export function regenerate(text: string): string {
  return text.replace(MARKED, (_, start: string, name: string, _old: string, end: string) => {
    const make = SECTIONS[name];
    if (make === undefined) throw new Error(`No section is called ${name}.`);
    return `${start}${make().trim()}\n${end}`;
  });
}

/** The names of the sections that the text marks. */
export function markedSections(text: string): string[] {
  return [...text.matchAll(MARKED)].map(([, , name = '']) => name);
}

function campaignTable(): string {
  const rows = CAMPAIGNS.map(({ name, about, size }) => [
    `\`npm run ${name}\``,
    about,
    `${size.full.toLocaleString('en')} ${size.unit}`,
  ]);
  return table(['command', 'what it does and shows', 'whole size'], rows);
}

function settingsTable(): string {
  const rows = Object.values<Setting<unknown>>(SETTINGS).map(
    ({ flag, env, meaning, otherwise }) => [`\`${flag}\``, `\`${env}\``, meaning, otherwise],
  );
  const secrets = SECRET_SETTINGS.map(({ env, meaning, otherwise }) => [
    ...['', `\`${env}\``, meaning, otherwise],
  ]);
  return table(['flag', 'environment', 'meaning', 'default'], [...rows, ...secrets]);
}

function toolsTable(): string {
  const rows = allTools(systemClock).map((tool) => [
    `\`${tool.name}\``,
    use(tool),
    argumentsOf(tool),
  ]);
  return table(['tool', 'use it', 'arguments'], rows);
}

/** What each phase of an incident is for, and what guided mode lets it do. */
function phaseTable(): string {
  const rows = Object.entries(PHASES).map(([phase, { role, task, may }]) => [
    ...[`**${phase}**`, role, task.replace(/\.$/, '')],
    may.map((family) => FAMILIES[family]).join(', '),
  ]);
  return table(['phase', 'role', 'what it is for', 'calls'], rows);
}

const FAMILIES: Readonly<Record<(typeof PHASES)['mitigation']['may'][number], string>> = {
  observe: 'look',
  record: 'record',
  plan: 'dry run',
  write: '**change**',
  undo: 'take back',
};

/** Every edge of the state machine. */
function edgeTable(): string {
  const rows = EDGES.map((edge) => [
    ...[edge.from, edge.to, takenBy(edge)],
    [
      ...edge.guards.map((guard) => GUARDS[guard]),
      ...(edge.next ? ['the next attempt begins'] : []),
    ].join('; '),
  ]);
  return table(['from', 'to', 'by', 'when'], rows);
}

function takenBy({ by, when = [] }: Edge): string {
  return by === 'incident_update' ? '`incident_update`' : `its transaction is ${when.join(', ')}`;
}

/** Every write, by verb and kind. */
function matrixTable(): string {
  const rows = MATRIX.map(({ verb, kinds, what, class: told, undo, verified }) => [
    verb,
    typeof kinds === 'string' ? kinds : [...new Set(kinds.map(nameOfKind))].join(', '),
    what,
    told === 'irreversible' ? `**${told}**` : told,
    capital(
      undo
        .replaceAll('a {kind}', 'an object')
        .replaceAll('{kind}', 'object')
        .replaceAll('{replicas}', 'N'),
    ).replace(/\.$/, ''),
    verified,
  ]);
  return table(['write', 'of', 'what', 'class', 'undo, or why there is none', 'verified'], rows);
}

const nameOfKind = (kind: string) => kind.split('.')[0] ?? kind;

function capital(text: string): string {
  return /^[a-z]+:|^[a-z]+[A-Z]/.test(text) ? text : `${text[0]?.toUpperCase()}${text.slice(1)}`;
}

/** The first sentence of the description, which says when to use the tool. */
function use({ description }: Tool): string {
  const [sentence = ''] = /^.*?[.:](?= |$)/s.exec(description) ?? [];
  return sentence.replace(/^Use (this )?/, '').replace(/[.:]$/, '');
}

/** By name; those that may be left out with a question mark. What all changes take stands below the table. */
function argumentsOf({ effect, input }: Tool): string {
  const shared = effect === 'mitigate' ? ['reason', 'transaction', 'dry_run'] : [];
  return Object.entries(input.shape)
    .filter(([name]) => !shared.includes(name))
    .map(([name, type]) => `\`${name}\`${type.safeParse(undefined).success ? '?' : ''}`)
    .join(', ');
}
