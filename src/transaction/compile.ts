import type { LiveObject, ObjectKey, WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { describeRef, groupOf, type KubeObject } from '../core/kube.ts';
import { redactText } from '../core/redact.ts';
import type { Decision } from '../policy/types.ts';
import { type Classification, classify } from '../undo/classify.ts';
import { diffPaths } from '../undo/diff.ts';
import { COMMAND_MANAGER } from '../undo/managed-fields.ts';
import { normalise } from '../undo/normalise.ts';
import { formatPath } from '../undo/path.ts';
import { optionsOf } from '../undo/restore.ts';
import { nameOfKey, refusal } from './answers.ts';
import { type Dependent, dependentsImage, dependentsOf } from './dependents.ts';
import { keyFor, readLive, resolveFresh } from './live.ts';
import type { EngineParts } from './parts.ts';
import { refOfKey } from './refs.ts';
import { requestOf } from './request.ts';
import { refuseReserved } from './reserved.ts';
import type { Shapes } from './shapes.ts';
import { showDiff } from './show-diff.ts';
import type { ObjectChange, PlannedWrite, StepRequest } from './types.ts';

/** A planned write with everything that is known before it is sent. */
export interface CompiledWrite {
  readonly write: PlannedWrite;
  readonly key: ObjectKey;
  /** `v1|ConfigMap|shop|app`: one object, whatever the write. */
  readonly id: string;
  readonly intentId: string;
  /** The fresh read that the request is conditioned on. */
  readonly base: LiveObject | undefined;
  readonly request: WriteRequest;
  /** The dry run's result; undefined for a delete. */
  readonly predicted: KubeObject | undefined;
  /** The dry run's result; for a delete its dependents. */
  readonly predictedBytes: Buffer | undefined;
  readonly changedPaths: readonly string[];
  readonly classification: Classification;
  readonly decision: Decision;
  readonly warnings: readonly string[];
}

/**
 * Steps 2 to 6 of a guarded write: fresh reads, the pure plan, dry run, class and policy. Changes nothing.
 * Writes that would change nothing are left out.
 * @throws StratusError the first reason why the plan can't run
 */
export async function compile(
  parts: EngineParts,
  shapes: Shapes,
  request: StepRequest,
  signal?: AbortSignal,
): Promise<CompiledWrite[]> {
  const live = await readLive(parts.reader, request.reads, signal);
  const planned = request.plan(live);
  const compiled: CompiledWrite[] = [];
  const seen = new Set<string>();
  for (const write of planned) {
    const resource = await resolveFresh(
      parts.reader,
      (all) => all.resolveKind(write.object.apiVersion, write.object.kind),
      signal,
    );
    const key = keyFor(resource, write.object.namespace, write.object.name, parts.reader);
    const id = [resource.apiVersion, resource.kind, key.namespace ?? '', key.name].join('|');
    if (seen.has(id)) {
      throw new StratusError('invalid_arguments', `The call changes ${nameOfKey(key)} twice.`, {
        next: 'Put the changes of one object into one command, or use two commands.',
      });
    }
    seen.add(id);
    const one = await compileWrite(parts, shapes, request.tool, write, key, id, signal);
    if (one !== undefined) compiled.push(one);
  }
  return compiled;
}

/** Compiles one write against the object as it is now. @returns undefined when it would change nothing. */
export async function compileWrite(
  parts: EngineParts,
  shapes: Shapes,
  tool: string,
  write: PlannedWrite,
  key: ObjectKey,
  id: string,
  signal?: AbortSignal,
): Promise<CompiledWrite | undefined> {
  const question = {
    tool,
    verb: write.verb,
    group: groupOf(key.resource.apiVersion),
    kind: key.resource.kind,
    ...(key.namespace === undefined ? {} : { namespace: key.namespace }),
    name: key.name,
  };
  refuseReserved(write);
  // What is protected is refused before the cluster is asked anything. Rules on fields need the dry run first.
  const early = parts.policy.decideWrite({ ...question, changedPaths: [], labels: {} });
  if (early.rule.startsWith('protected/')) refuse(early, key);
  const options = signal === undefined ? {} : { signal };
  const base = await parts.reader.get(key, options);
  checkPresence(write, key, base);
  const intentId = parts.newId();
  const deleted = write.verb === 'delete' ? base : undefined;
  const dependents = deleted && (await dependentsOf(parts, key, deleted.uid, signal));
  const request = requestOf(write, key, base, intentId, propagationOf(key, dependents));
  const outcome = await parts.writer.dryRun(request, {
    ...options,
    auditId: `${intentId}-dry`,
    fieldManager: COMMAND_MANAGER,
  });
  if (outcome.kind === 'rejected')
    throw refusal(key, outcome, 'dry_run_rejected', 'The dry run', parts.policy.redaction);
  if (outcome.kind === 'ambiguous') {
    throw new StratusError(
      'cluster_error',
      `The dry run of ${nameOfKey(key)} got no clear answer: ${redactText(outcome.message, parts.policy.redaction)}`,
      {
        next: 'A change that cannot be rehearsed is not made. Look for a failing admission webhook or an API server in trouble.',
      },
    );
  }
  const predicted = write.verb === 'delete' ? undefined : outcome.object;
  if (write.verb !== 'delete' && predicted === undefined) {
    throw new StratusError(
      'cluster_error',
      `The dry run of ${nameOfKey(key)} did not say what the change would do.`,
    );
  }
  const changedPaths = await pathsOf(shapes, key, base?.object, predicted?.object, write.verb);
  if (write.verb !== 'delete' && changedPaths.length === 0) return undefined;
  const classification = classify({
    verb: write.verb,
    kind: key.resource.kind,
    apiVersion: key.resource.apiVersion,
    before: base?.object,
    after: predicted?.object,
  });
  const labels = base?.object.metadata.labels ?? predicted?.object.metadata.labels ?? {};
  const asked = { ...question, changedPaths, labels };
  const decisions = [parts.policy.decideWrite(asked)];
  // An apply that finds nothing creates, so what the rules say about a create counts as well.
  if (write.verb === 'apply' && base === undefined) {
    decisions.push(parts.policy.decideWrite({ ...asked, verb: 'create' }));
  }
  const decision = strictest(decisions);
  refuse(decision, key);
  return {
    write,
    key,
    id,
    intentId,
    base,
    request,
    predicted: predicted?.object,
    predictedBytes: dependents ? dependentsImage(dependents) : predicted?.bytes,
    changedPaths,
    classification,
    decision,
    warnings: outcome.warnings,
  };
}

/** A workload's children are made by its controller at any time, so they are kept even when none was seen. */
function propagationOf(
  key: ObjectKey,
  dependents: readonly Dependent[] | undefined,
): 'Orphan' | 'Background' {
  if (key.resource.group === '' && key.resource.kind === 'Pod') return 'Background';
  return key.resource.group === 'apps' || (dependents ?? []).length > 0 ? 'Orphan' : 'Background';
}

async function pathsOf(
  shapes: Shapes,
  key: ObjectKey,
  before: KubeObject | undefined,
  after: KubeObject | undefined,
  verb: PlannedWrite['verb'],
): Promise<string[]> {
  if (verb === 'delete') return [];
  const options = { ...optionsOf(key), ignoreIdentity: true };
  const shape = await shapes.of(key);
  return diffPaths(
    before && normalise(before, options),
    after && normalise(after, options),
    shape,
  ).map(formatPath);
}

function checkPresence(write: PlannedWrite, key: ObjectKey, base: LiveObject | undefined): void {
  if (write.verb === 'create' && base !== undefined) {
    throw new StratusError('conflict', `${nameOfKey(key)} exists already.`, {
      next: 'Change it with mitigate_apply or mitigate_patch, or create it under another name.',
    });
  }
  if ((write.verb === 'patch' || write.verb === 'delete') && base === undefined) {
    throw new StratusError('not_found', `${nameOfKey(key)} does not exist.`);
  }
  if (base?.object.metadata.deletionTimestamp !== undefined) {
    throw new StratusError('irreversible', `${nameOfKey(key)} is being deleted.`, {
      next: 'Wait until it is gone; a terminating object can not be changed back.',
    });
  }
}

const STRICTNESS: readonly Decision['effect'][] = ['allow', 'ask', 'refuse'];

function strictest([first, ...rest]: readonly Decision[]): Decision {
  if (first === undefined) throw new StratusError('internal', 'A write without a decision.');
  return rest.reduce(
    (worst, one) =>
      STRICTNESS.indexOf(one.effect) > STRICTNESS.indexOf(worst.effect) ? one : worst,
    first,
  );
}

function refuse(decision: Decision, key: ObjectKey): void {
  if (decision.effect === 'refuse') {
    throw new StratusError(
      'policy_refused',
      `The policy refuses to change ${nameOfKey(key)}: ${decision.reason}`,
      {
        rule: decision.rule,
      },
    );
  }
}

/**
 * What must not run although it can be shown as a plan.
 * @throws StratusError irreversible or needs_approval
 */
export function checkRunnable(writes: readonly CompiledWrite[]): void {
  for (const { classification, decision, key } of writes) {
    if (classification.class === 'irreversible') {
      throw new StratusError(
        'irreversible',
        `The change of ${nameOfKey(key)} can't be undone. ${classification.undo}`,
        {
          rule: 'A2 faithful undo',
        },
      );
    }
    if (decision.effect === 'ask') {
      throw new StratusError(
        'needs_approval',
        `The policy wants a human's approval to change ${nameOfKey(key)}: ${decision.reason}`,
        {
          rule: decision.rule,
          next: 'Without an approval this does not run. Tell the person what you would do and why (dry_run shows it), or choose a change that the policy allows.',
        },
      );
    }
  }
}

/** What the caller is told about a write. */
export function changeOf(
  parts: EngineParts,
  compiled: CompiledWrite,
  after = compiled.predicted,
): ObjectChange {
  const { write, key, classification, changedPaths, decision, warnings } = compiled;
  const object = refOfKey(key);
  return {
    object,
    verb: write.verb,
    summary: `${describeRef(object)}: ${write.summary}`,
    kubectl: write.kubectl,
    class: classification.class,
    undo: classification.undo,
    diff:
      write.verb === 'delete'
        ? 'The whole object goes; observe_get shows it, and the journal keeps it.'
        : showDiff(object, compiled.base?.object, after, parts.policy.redaction),
    changedPaths: changedPaths.slice(0, 20),
    decision,
    warnings,
  };
}
