import { FOLLOWS } from '../journal/incident-follow.ts';
import { type IncidentPhase, IncidentPhase as Phase } from '../journal/incident-types.ts';

/** The agents of STRATUS. One assistant plays them in turn; a phase has one. */
export type Role = 'detection' | 'diagnosis' | 'mitigation' | 'undo' | 'person';

/** What calls may do, and so who may make them when. `plan` is a mitigate_* call with dry_run. */
export type Family = 'observe' | 'record' | 'plan' | 'write' | 'undo';

export interface PhaseRule {
  readonly role: Role;
  /** What the phase is for, to the assistant that plays its role. */
  readonly task: string;
  readonly may: readonly Family[];
}

const LOOK = ['observe', 'record', 'plan'] as const;

/** What each phase is for, and which calls it allows in guided mode. */
export const PHASES: Readonly<Record<IncidentPhase, PhaseRule>> = {
  detection: {
    role: 'detection',
    task: 'Find out what is wrong, what suffers from it, and since when.',
    may: LOOK,
  },
  diagnosis: {
    role: 'diagnosis',
    task: 'Find the cause, and the evidence that tells it from other causes.',
    may: LOOK,
  },
  mitigation: {
    role: 'mitigation',
    task: 'Remove the cause in one transaction and commit it.',
    may: [...LOOK, 'write', 'undo'],
  },
  validation: {
    role: 'detection',
    task: 'Look whether the incident is gone; resolve it, or take the repair back.',
    may: [...LOOK, 'undo'],
  },
  undoing: {
    role: 'undo',
    task: 'Take back what this attempt changed, and see that it is gone.',
    may: [...LOOK, 'undo'],
  },
  resolved: { role: 'person', task: 'Nothing is left to do.', may: ['observe', 'plan', 'undo'] },
  escalated: {
    role: 'person',
    task: 'A person decides what happens next.',
    may: ['observe', 'plan', 'undo'],
  },
};

/** What has to be so before an edge may be taken. guards.ts has the tests. */
export type Guard =
  | 'hypothesis'
  | 'no-transaction'
  | 'attempt-left'
  | 'attempts-used'
  | 'gone'
  | 'reason';

/** In words, for the README and for whoever is refused. */
export const GUARDS: Readonly<Record<Guard, string>> = {
  hypothesis: 'a hypothesis with evidence was recorded in this attempt',
  'no-transaction': 'this attempt has no transaction',
  'attempt-left': 'another attempt is left',
  'attempts-used': 'all attempts are used up',
  gone: 'measured now: what fired at the opening is gone, severity is known and not higher than then',
  reason: 'the reason is given',
};

export interface Edge {
  readonly from: IncidentPhase;
  readonly to: IncidentPhase;
  /** What takes it: the assistant's word, or what becomes of the attempt's transaction. */
  readonly by: 'incident_update' | 'transaction';
  /** For a transaction: its states. */
  readonly when?: readonly string[];
  readonly guards: readonly Guard[];
  /** The attempt counts one more. */
  readonly next?: true;
}

/** Nobody moves an incident from here. */
export const CLOSED: readonly IncidentPhase[] = [Phase.RESOLVED, Phase.ESCALATED];
export const OPEN: readonly IncidentPhase[] = Object.values(Phase).filter(
  (phase) => !CLOSED.includes(phase),
);

const told = (
  from: IncidentPhase,
  to: IncidentPhase,
  guards: readonly Guard[],
  next?: true,
): Edge => ({ from, to, by: 'incident_update', guards, ...(next ? { next } : {}) });

/** Those that follow a transaction, from the journal's own table; each attempt that ends has a last one beside it. */
const followed = FOLLOWS.flatMap(({ from, to, states: when, next }): Edge[] =>
  next
    ? [
        { from, to, by: 'transaction', when, guards: ['attempt-left'], next },
        { from, to: Phase.ESCALATED, by: 'transaction', when, guards: ['attempts-used'] },
      ]
    : [{ from, to, by: 'transaction', when, guards: [] }],
);

/** Every edge there is. What is not in it is refused. */
export const EDGES: readonly Edge[] = [
  told(Phase.DETECTION, Phase.DIAGNOSIS, []),
  told(Phase.DIAGNOSIS, Phase.MITIGATION, ['hypothesis']),
  ...followed,
  // Nothing was tried, so there is nothing to take back, and the attempt goes on.
  told(Phase.MITIGATION, Phase.DIAGNOSIS, ['no-transaction']),
  told(Phase.VALIDATION, Phase.RESOLVED, ['gone']),
  // A repair of one of two causes makes things better: taking it back would make them worse again.
  told(Phase.VALIDATION, Phase.DIAGNOSIS, ['attempt-left'], true),
  ...OPEN.map((from) =>
    told(
      from,
      Phase.ESCALATED,
      from === Phase.MITIGATION ? ['reason', 'no-transaction'] : ['reason'],
    ),
  ),
];

/** The edge that an assistant takes from one phase to another by its word. */
export function edgeOf(from: IncidentPhase, to: IncidentPhase): Edge | undefined {
  return EDGES.find(
    (edge) => edge.by === 'incident_update' && edge.from === from && edge.to === to,
  );
}

/** Where an assistant may move an incident from here. */
export function waysFrom(from: IncidentPhase): readonly Edge[] {
  return EDGES.filter((edge) => edge.by === 'incident_update' && edge.from === from);
}

/** Whether a kind of call belongs to a phase; guided mode refuses it elsewhere. */
export function allows(phase: IncidentPhase, family: Family): boolean {
  return PHASES[phase].may.includes(family);
}
