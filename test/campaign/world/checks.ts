import {
  equalJson,
  type Json,
  objectsOf,
  stringifyJson,
  stringOf,
} from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/core/kube.ts';
import type { openJournalReader } from '../../../src/journal/open.ts';
import { NEEDS_HUMAN, TERMINAL_STATES } from '../../../src/journal/states.ts';
import type { TransactionRow } from '../../../src/journal/types.ts';
import { comparableManagedFields } from '../../../src/undo/managed-fields.ts';
import { isMark } from '../../../src/undo/marks.ts';
import { normalise } from '../../../src/undo/normalise.ts';
import type { Delivery } from './deliver.ts';
import type { Snapshot } from './snapshot.ts';
import { THEIRS } from './third-party.ts';

/** Our restores, in whatever cluster epoch. */
const UNDO_MANAGER = /^stratus-undo/;

/** Says of pods which go first when a scale is undone; nobody else in a campaign does. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** An object as it has to be, whoever looks: `undefined` for one that has to be absent. */
export type Wanted = KubeObject | undefined;

/** How an object differs from what it has to be; `undefined` when it doesn't. */
export function differs(
  is: KubeObject | undefined,
  wanted: Wanted,
  options: {
    /** It may have another uid: it was created again. */
    readonly recreated?: boolean;
    /** The fields have to belong to whom they belonged. */
    readonly owners?: boolean;
    /** What somebody else wrote last, as acknowledged. */
    readonly theirs?: string | undefined;
  } = {},
): string | undefined {
  if (is === undefined || wanted === undefined) {
    if (is === wanted) return undefined;
    return is === undefined ? 'it is gone' : 'it is there';
  }
  const { recreated = false, owners = false, theirs } = options;
  if (!recreated && is.metadata.uid !== wanted.metadata.uid) return 'it has another uid';
  const [one, other] = [
    content(is),
    content(theirs === undefined ? wanted : withTheirs(wanted, theirs)),
  ];
  if (!equalJson(one, other))
    return `it is ${stringifyJson(one)} and should be ${stringifyJson(other)}`;
  if (!owners) return undefined;
  const [now, before] = [comparableManagedFields(is), comparableManagedFields(wanted)];
  if (equalJson(now as Json, before as Json)) return undefined;
  return `its fields belong to ${JSON.stringify(now)} and belonged to ${JSON.stringify(before)}`;
}

function content(object: KubeObject): Json {
  return normalise(object, { hasStatus: object.kind !== 'ConfigMap', ignoreIdentity: true });
}

function withTheirs(object: KubeObject, value: string): KubeObject {
  const { metadata } = object;
  const annotations = { ...metadata.annotations, [THEIRS]: value };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** Marks and undo managers of ours that are left, one sentence each. */
export function residue(
  objects: Snapshot,
  options: { readonly undoManagers?: boolean } = {},
): string[] {
  const { undoManagers = true } = options;
  return [...objects].flatMap(([name, { metadata }]) => {
    const marks = [
      ...Object.keys(metadata.labels ?? {}),
      ...Object.keys(metadata.annotations ?? {}),
    ];
    const ours = marks.filter(
      (mark) => isMark(mark) || /^stratus\.dev\//.test(mark) || mark === DELETION_COST,
    );
    const managers = objectsOf(metadata.managedFields)
      .map(({ manager }) => stringOf(manager) ?? '')
      .filter((manager) => undoManagers && UNDO_MANAGER.test(manager));
    return [...ours, ...new Set(managers)].map((mark) => `${name} kept ${mark}`);
  });
}

/** Pods that are not there any more, or others of the same name, one sentence each. */
export function podsGone(before: Snapshot, after: Snapshot, apps: readonly string[]): string[] {
  const uids = new Set([...after.values()].map(({ metadata }) => metadata.uid));
  return [...before]
    .filter(([, { kind, metadata }]) => kind === 'Pod' && apps.includes(metadata.labels?.app ?? ''))
    .filter(([, { metadata }]) => !uids.has(metadata.uid))
    .map(([name]) => `${name}: nobody asked for its end, and it is gone`);
}

/** Transactions that have not come to an end, or to one that needs a person. */
export function unfinished(rows: readonly TransactionRow[]): string[] {
  return rows
    .filter(({ state }) => !TERMINAL_STATES.includes(state))
    .map(({ id, state, outcome }) => {
      const what = NEEDS_HUMAN.includes(state) ? 'needs a person' : 'has not ended';
      return `${id} ${what}: ${state}, ${outcome ?? ''}`;
    });
}

export function brokenChain({ audit }: ReturnType<typeof openJournalReader>): string[] {
  const verdict = audit.verify();
  return verdict.ok ? [] : [`the audit chain does not verify: ${JSON.stringify(verdict)}`];
}

/**
 * Requests that the API server carried out more than once. An identical request that is accepted twice had no
 * precondition that the first one broke.
 */
export function appliedTwice(deliveries: readonly Delivery[]): string[] {
  const count = new Map<string, number>();
  for (const { method, path, dryRun, auditId, body, status } of deliveries) {
    if (
      method === 'GET' ||
      dryRun ||
      status >= 300 ||
      path.startsWith('/apis/authorization.k8s.io/')
    ) {
      continue;
    }
    const request = `${method} ${path} ${auditId} ${body}`;
    count.set(request, (count.get(request) ?? 0) + 1);
  }
  return [...count]
    .filter(([, times]) => times > 1)
    .map(([request, times]) => `${times} times: ${request.slice(0, 300)}`);
}
