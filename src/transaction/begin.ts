import { StratusError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { redactText } from '../core/redact.ts';
import type { TransactionRow } from '../journal/types.ts';
import { closingUnknowns } from '../severity/gate.ts';
import type { Measurement, Scope } from '../severity/types.ts';
import type { ClusterIdentity } from './cluster-identity.ts';
import { resolveFresh } from './live.ts';
import { noteSample, noteTransaction } from './notes.ts';
import type { EngineParts } from './parts.ts';
import type { Session } from './session.ts';
import { toJson } from './to-json.ts';
import type { BeginRequest, Caller } from './types.ts';

/** A baseline is waited for this long at most, so that a begin answers within a client's patience. */
const BASELINE_LIMIT_SECONDS = 45;

/**
 * Measures the baseline and opens the transaction in the journal. The caller holds the lock with `epoch`.
 * @throws StratusError severity_unknown: what can't be measured before could not be judged after;
 *   cluster_unreachable
 */
export async function openSession(
  parts: EngineParts,
  request: BeginRequest,
  caller: Caller,
  epoch: number,
  identity: ClusterIdentity,
): Promise<Session> {
  const scope: Scope = {
    namespaces: request.namespaces.includes('*') ? 'all' : [...new Set(request.namespaces)],
  };
  for (const namespace of scope.namespaces === 'all' ? [] : scope.namespaces) {
    await requireNamespace(parts, namespace);
  }
  const { baseline, trend } = await measureBaseline(parts, scope, caller);
  const elsewhere = await measureElsewhere(parts, scope);
  const { bounds, redaction } = parts.policy;
  const reason = redactText(request.reason, redaction);
  const now = parts.clock.now();
  const deadlineAt = now + bounds.minutes * 60_000;
  const { incident } = request;
  const opening: Omit<TransactionRow, 'id'> = {
    epoch,
    state: 'OPEN',
    reason,
    actor: caller.actor,
    cluster: identity.name,
    policyDigest: parts.policy.digest,
    openedAt: now,
    deadlineAt,
    decidedAt: null,
    closedAt: null,
    bounds: toJson(bounds),
    scope: toJson(scope),
    declaredReductions: (request.declaredReductions ?? []).map((reduction) => toJson(reduction)),
    before: toJson(baseline),
    after: null,
    afterUndo: null,
    verdict: null,
    outcome: null,
  };
  const row = parts.journal.transactions.create(opening, incident);
  noteSample(parts, row.id, 'before', baseline);
  const detail: JsonObject = {
    reason,
    severity: baseline.severity,
    scope: toJson(scope),
    ...leaseFacts(parts),
    ...(incident === undefined ? {} : { incident }),
  };
  if (trend !== undefined) detail.trend = trend;
  noteTransaction(parts, row.id, 'OPEN', detail, caller);
  return {
    id: row.id,
    epoch,
    bounds,
    deadlineAt,
    baseline,
    elsewhere,
    usage: { commands: 0, objects: new Map() },
    nextSeq: 1,
    stop: new AbortController(),
    leaving: new AbortController(),
    deadline: undefined,
    commit: undefined,
    abort: undefined,
    retrying: false,
    listeners: new Set(),
    lastUnsettled: [],
    sightings: new Map(),
  };
}

/** Which epoch the intents of the transaction belong to. */
function leaseFacts({ lease }: EngineParts): JsonObject {
  if (!lease.shared) return { lease: 'off' };
  return lease.epoch === undefined ? {} : { lease_epoch: lease.epoch };
}

async function measureBaseline(
  parts: EngineParts,
  scope: Scope,
  caller: Caller,
): Promise<{ baseline: Measurement; trend: string | undefined }> {
  const { settle } = parts.policy.severity;
  const settled = await parts.meter.settle({
    scope,
    touched: [],
    settings: {
      ...settle,
      timeoutSeconds: Math.min(settle.timeoutSeconds, BASELINE_LIMIT_SECONDS),
    },
    baseline: undefined,
    ...(caller.signal === undefined ? {} : { signal: caller.signal }),
  });
  const baseline = settled.measurement;
  const unknowns = closingUnknowns(baseline);
  const [lost] = unknowns.filter(({ reason }) => reason.startsWith('cluster_unreachable'));
  if (lost !== undefined) {
    throw new StratusError(
      'cluster_unreachable',
      `Severity can't be measured: ${lost.reason.replace(/^cluster_unreachable: /, '')}`,
    );
  }
  if (unknowns.length > 0) {
    const list = unknowns.map(({ what, reason }) => `${what}: ${reason}`).slice(0, 5);
    throw new StratusError(
      'severity_unknown',
      `Severity can't be measured in this scope: ${list.join('; ')}.`,
      {
        rule: 'G4 complete evidence',
        next: 'Nothing was opened. Choose namespaces that this identity may read, or ask for the missing permissions.',
        details: { unknowns: list },
      },
    );
  }
  // Still moving is recorded, not refused: an incident is often still growing when help comes.
  return {
    baseline,
    trend: settled.kind === 'stable' ? undefined : `not stable yet: ${settled.reason}`,
  };
}

/**
 * The rest of the cluster before and at the gate: new critical violations there count as well.
 * Undefined when everything is in scope already.
 */
export async function measureElsewhere(
  parts: EngineParts,
  scope: Scope,
  absent: readonly string[] = [],
): Promise<Measurement | undefined> {
  if (scope.namespaces === 'all') return undefined;
  return await parts.meter.measure({ namespaces: 'all' }, undefined, absent);
}

/** An empty namespace looks healthy, so a name that isn't there must be an error. @throws StratusError not_found */
async function requireNamespace(parts: EngineParts, name: string): Promise<void> {
  const resource = await resolveFresh(parts.reader, (all) => all.resolveKind('v1', 'Namespace'));
  try {
    if ((await parts.reader.get({ resource, name })) !== undefined) return;
  } catch (error) {
    // An identity of one namespace may work in it without being allowed to look at the Namespace object.
    if (error instanceof StratusError && error.code === 'forbidden') return;
    throw error;
  }
  throw new StratusError('not_found', `There is no namespace ${name}.`, {
    next: 'Look for its name with observe_list and kind namespace.',
  });
}
