import type { LiveObject, ObjectKey, WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { groupOf, type KubeObject } from '../core/kube.ts';
import { redactCommand } from '../core/redact-command.ts';
import type { Decision } from '../policy/types.ts';
import type { Classifiable, Classification } from '../undo/classification.ts';
import { classify } from '../undo/classify.ts';
import { diffPaths } from '../undo/diff.ts';
import { normalise } from '../undo/normalise.ts';
import { formatPath, type Path } from '../undo/path.ts';
import { optionsOf } from '../undo/restore.ts';
import type { Shape } from '../undo/shape.ts';
import { nameOfKey } from './answers.ts';
import { type CompileStandIn, type Deferral, putOff } from './defer.ts';
import { dependentsImage } from './dependents.ts';
import { cascadeOf, dryRun, refuseTerminating } from './dry-run.ts';
import { idOfKey, type Known, keyFor, readLive, resolveFresh } from './live.ts';
import { judgeOwners } from './owners.ts';
import type { EngineParts } from './parts.ts';
import { refuseReserved } from './reserved.ts';
import { Returns } from './returns.ts';
import type { Shapes } from './shapes.ts';
import { surroundingsOf } from './surroundings.ts';
import type { PlannedWrite, StepRequest } from './types.ts';
import { isRemoval } from './verbs.ts';

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
  /** Of a write that waits for the commit. */
  readonly deferral?: Deferral;
  /** True for a write in place of another one that waits for the commit. */
  readonly standsIn?: true;
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
  const returns = new Returns(parts);
  for (const write of planned) {
    const resource = await resolveFresh(
      parts.reader,
      (all) => all.resolveKind(write.object.apiVersion, write.object.kind),
      signal,
    );
    const key = keyFor(resource, write.object.namespace, write.object.name, parts.reader);
    const id = idOfKey(key);
    if (seen.has(id)) {
      throw new StratusError('invalid_arguments', `The call changes ${nameOfKey(key)} twice.`, {
        next: 'Put the changes of one object into one command, or use two commands.',
      });
    }
    seen.add(id);
    const { tool, within } = request;
    const target = { tool, within, write, key, signal, known: live.known(id), returns };
    const one = await compileWrite(parts, shapes, target);
    if (one === undefined) continue;
    const standIn: CompileStandIn = async (instead, decision) => {
      const { apiVersion, kind, namespace, name } = instead.object;
      const all = await parts.reader.resources();
      const where = keyFor(all.resolveKind(apiVersion, kind), namespace, name, parts.reader);
      const known = undefined;
      const as = {
        ...{ tool, within, write: instead, key: where, signal, known, returns },
        standsInFor: decision,
      };
      return await compileWrite(parts, shapes, as);
    };
    compiled.push(...(await putOff(parts, one, standIn, signal)));
  }
  return compiled;
}

/** One planned write, ready to be compiled. */
export interface WriteTarget {
  readonly tool: string;
  readonly within: string | undefined;
  readonly write: PlannedWrite;
  readonly key: ObjectKey;
  readonly signal: AbortSignal | undefined;
  /** A fresh read of the object, where the plan has made one; read here otherwise. */
  readonly known: Known | undefined;
  /** Asks whether pods that go could come back; absent where that was asked before. */
  readonly returns?: Returns;
  /** What was decided about the write that this one stands in for. */
  readonly standsInFor?: Decision;
}

/** Compiles one write against the object as it is now. @returns undefined when it would change nothing. */
export async function compileWrite(
  parts: EngineParts,
  shapes: Shapes,
  target: WriteTarget,
): Promise<CompiledWrite | undefined> {
  const { tool, within, write, key } = target;
  const question = {
    tool,
    verb: write.verb,
    group: groupOf(key.resource.apiVersion),
    kind: key.resource.kind,
    ...(key.namespace === undefined ? {} : { namespace: key.namespace }),
    name: key.name,
  };
  refuseReserved(write, parts.lease.label);
  // What is protected is refused before the cluster is asked anything. Rules on fields need the dry run first.
  const early = parts.policy.decideWrite({ ...question, changedPaths: [], labels: {} });
  if (early.rule.startsWith('protected/')) refuse(early, key);
  const intentId = parts.newId();
  const rehearsed = await dryRun(parts, shapes, target, intentId);
  const { base, request, dependents, predicted } = rehearsed;
  const shape = await shapes.of(key);
  const paths = pathsOf(shape, key, base?.object, predicted?.object, write.verb);
  const changedPaths = paths.map(formatPath);
  if (!isRemoval(write.verb) && changedPaths.length === 0) return undefined;
  refuseTerminating(write, key, base, changedPaths);
  const classification = classOf(target, {
    verb: write.verb,
    kind: key.resource.kind,
    apiVersion: key.resource.apiVersion,
    before: base?.object,
    after: predicted?.object,
    ...(write.verb === 'delete' && base !== undefined
      ? { around: await surroundingsOf(parts, key, base, target.signal) }
      : {}),
  });
  const labels = base?.object.metadata.labels ?? predicted?.object.metadata.labels ?? {};
  const asked = { ...question, changedPaths, labels };
  const decisions = [underApproval(parts.policy.decideWrite(asked), target)];
  // An apply that finds nothing creates, so what the rules say about a create counts as well.
  if (write.verb === 'apply' && base === undefined) {
    decisions.push(parts.policy.decideWrite({ ...asked, verb: 'create' }));
  }
  // A rule about the tool that carries this command speaks about each of its writes.
  if (within !== undefined) {
    decisions.push(underApproval(parts.policy.decideWrite({ ...asked, tool: within }), target));
  }
  const footprint = { verb: write.verb, key, base, predicted: predicted?.object, paths, shape };
  refuse(strictest(decisions), key);
  const owners = await judgeOwners(parts, { ...footprint, signal: target.signal });
  const decision = strictest([...decisions, ...owners.decisions]);
  refuse(decision, key);
  await target.returns?.require({ ...target, base, predicted: predicted?.object });
  return {
    // Plans are pure and don't know the policy; what is journaled and shown is masked by it.
    write: { ...write, kubectl: redactCommand(write.kubectl, parts.policy.redaction) },
    key,
    id: idOfKey(key),
    intentId,
    base,
    request,
    predicted: predicted?.object,
    predictedBytes: dependents ? dependentsImage(dependents.seen) : predicted?.bytes,
    changedPaths,
    classification,
    decision,
    warnings: [
      ...(write.warnings ?? []),
      ...owners.warnings,
      ...rehearsed.warnings,
      ...cascadeOf(dependents),
    ],
  };
}

/** A stand-in that no rule speaks about comes under the one about the write that it stands in for. */
function underApproval(decision: Decision, { standsInFor }: WriteTarget): Decision {
  return decision.rule === 'default' && standsInFor !== undefined ? standsInFor : decision;
}

function classOf({ standsInFor }: WriteTarget, write: Classifiable): Classification {
  const { kind } = write;
  // Fields are dropped by another schema, not by a version that is not served for a while.
  if (standsInFor !== undefined && kind === 'CustomResourceDefinition')
    return { class: 'exact', undo: 'Serves the versions again; its objects are as they were.' };
  return classify(write);
}

function pathsOf(
  shape: Shape,
  key: ObjectKey,
  before: KubeObject | undefined,
  after: KubeObject | undefined,
  verb: PlannedWrite['verb'],
): Path[] {
  if (isRemoval(verb)) return [];
  const options = { ...optionsOf(key), ignoreIdentity: true };
  const normal = (object: KubeObject | undefined) => object && normalise(object, options);
  return diffPaths(normal(before), normal(after), shape);
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

const MANAGED =
  'Tell the person where it is managed, so that it is changed there. This key of the policy says whether it may be changed here all the same.';

function refuse(decision: Decision, key: ObjectKey): void {
  if (decision.effect === 'refuse') {
    throw new StratusError(
      'policy_refused',
      `The policy refuses to change ${nameOfKey(key)}: ${decision.reason}`,
      {
        rule: decision.rule,
        ...(decision.rule.startsWith('owners.') ? { next: MANAGED } : {}),
      },
    );
  }
}
