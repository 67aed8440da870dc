import type { LiveObject, ObjectKey } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { at, numberOf } from '../core/json.ts';
import { describeRef, type KubeObject } from '../core/kube.ts';
import type { Decision, OwnerRules } from '../policy/types.ts';
import { ruling } from '../undo/owners/autoscalers.ts';
import { type Claim, claimsOn } from '../undo/owners/claims.ts';
import { kedaOwner } from '../undo/owners/recognise.ts';
import { touchedMark } from '../undo/owners/tracking.ts';
import { formatPath, type Path } from '../undo/path.ts';
import type { Shape } from '../undo/shape.ts';
import { autoscalersNow } from './autoscalers.ts';
import type { EngineParts } from './parts.ts';
import type { PlannedWrite } from './types.ts';

/** A write with its footprint, as other owners see it. */
export interface Footprint {
  readonly verb: PlannedWrite['verb'];
  readonly key: ObjectKey;
  readonly base: LiveObject | undefined;
  readonly predicted: KubeObject | undefined;
  /** Changed paths; empty for what removes the object. */
  readonly paths: readonly Path[];
  readonly shape: Shape;
  readonly signal: AbortSignal | undefined;
}

/** What the plan says of other owners, and what the policy makes of them. */
export interface OwnersJudged {
  readonly decisions: readonly Decision[];
  readonly warnings: readonly string[];
}

/**
 * Recognises who else keeps the changed fields as they are. Marks and managedFields are in the object that was read
 * anyway; only a change of replicas asks the API server, for the autoscalers of the namespace.
 * @throws StratusError policy_refused for a change of a label or annotation by which an owner knows its object
 */
export async function judgeOwners(parts: EngineParts, write: Footprint): Promise<OwnersJudged> {
  const { verb, base, predicted, paths, shape } = write;
  if (verb !== 'delete' && verb !== 'evict') refuseMark(write);
  // A pod's owner is its controller, and what removes a pod is meant to have it replaced.
  if (base === undefined || verb === 'evict') return { decisions: [], warnings: [] };
  const findings: Finding[] = claimsOn(base.object, verb === 'delete' ? undefined : paths, shape)
    .map((claim) => ofClaim(claim, verb))
    .concat(ofKeda(base.object));
  if (predicted !== undefined && paths.some((path) => formatPath(path) === 'spec.replicas')) {
    findings.push(...(await ofAutoscalers(parts, write, predicted)));
  }
  const { owners } = parts.policy;
  const decisions = findings.flatMap(({ rule, text }): Decision[] => {
    const effect = rule === undefined ? 'warn' : owners[rule];
    return effect === 'warn' ? [] : [{ effect, rule: `owners.${rule}`, reason: text }];
  });
  return { decisions, warnings: findings.map(({ text }) => text) };
}

interface Finding {
  /** Absent: only to be told. */
  readonly rule?: keyof OwnerRules;
  readonly text: string;
}

function refuseMark({ base, predicted, key }: Footprint): void {
  const mark = touchedMark(base?.object, predicted);
  if (mark === undefined) return;
  const { kind } = key.resource;
  const name = describeRef({ kind, namespace: key.namespace, name: key.name });
  throw new StratusError(
    'policy_refused',
    `${mark} of ${name} may not be set, changed or taken away: Argo CD, Flux or Helm knows its objects by it, and would adopt, prune or forget this one.`,
    { rule: 'tracking labels', next: 'Leave it as it is and call again.' },
  );
}

const PATHS_SHOWN = 2;

function ofClaim({ by, paths }: Claim, verb: PlannedWrite['verb']): Finding {
  const what = shown(paths);
  switch (by.kind) {
    case 'gitops': {
      if (by.idle !== undefined) {
        return { text: `Managed by ${by.who}, which leaves it alone now (${by.idle}).` };
      }
      if (paths.length === 0) {
        return { text: `Managed by ${by.who}, which does not declare what changes here.` };
      }
      const does = verb === 'delete' ? 'create it again' : `put ${what} back`;
      return {
        rule: 'gitops',
        text: `Managed by ${by.who}: it will ${does}; change it in git.`,
      };
    }
    case 'helm':
      if (paths.length === 0) {
        return { text: `Part of ${by.who}, which does not declare what changes here.` };
      }
      return {
        rule: 'helm',
        text: `Part of ${by.who}: its next upgrade may ${verb === 'delete' ? 'create it again' : `overwrite ${what}`}; change its values too.`,
      };
    case 'applied': {
      const does = verb === 'delete' ? 'create it again' : 'put it back';
      const held = verb === 'delete' ? 'it' : what;
      return {
        rule: 'applied',
        text: `${by.who} set ${held} by server-side apply and may ${does}.`,
      };
    }
  }
}

function shown(paths: readonly Path[]): string {
  const more = paths.length - PATHS_SHOWN;
  const names = paths.slice(0, PATHS_SHOWN).map(formatPath).join(', ');
  return more > 0 ? `${names} and ${more} more` : names;
}

function ofKeda(object: KubeObject): Finding[] {
  const name = kedaOwner(object);
  if (name === undefined) return [];
  const text = `KEDA generates it from ScaledObject ${name} and will put it back: change that instead.`;
  return [{ rule: 'autoscaler', text }];
}

async function ofAutoscalers(
  parts: EngineParts,
  { key, signal }: Footprint,
  predicted: KubeObject,
): Promise<Finding[]> {
  const replicas = numberOf(at(predicted, 'spec', 'replicas'));
  if (replicas === undefined) return [];
  const scalers = await autoscalersNow(parts, key, true, signal);
  if (scalers === undefined) {
    return [{ text: 'Whether an autoscaler owns the count could not be read.' }];
  }
  return scalers.map((scaler): Finding => {
    const { overrules, text } = ruling(scaler, replicas);
    return overrules ? { rule: 'autoscaler', text } : { text };
  });
}
