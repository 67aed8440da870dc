import type { LiveObject, ObjectKey, WriteOutcome } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import {
  at,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringifyJson,
  stringOf,
} from '../core/json.ts';
import { controllerOf, type KubeObject } from '../core/kube.ts';
import { COMMAND_MANAGER } from '../core/managers.ts';
import { plainText } from '../core/plain-text.ts';
import { redactText } from '../core/redact.ts';
import { nameOfKey } from './answers.ts';
import { keyFor, resolveFresh } from './live.ts';
import { missingNeeds } from './needs.ts';
import type { EngineParts } from './parts.ts';
import { replicasOf } from './pods-at-risk.ts';
import { replacementOf } from './replacement.ts';
import type { PlannedWrite } from './types.ts';
import { isRemoval, removesPod } from './verbs.ts';

export interface PodsTaken {
  readonly write: PlannedWrite;
  readonly key: ObjectKey;
  readonly base: LiveObject | undefined;
  readonly predicted: KubeObject | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Whether the pods that a write takes away could come back. Nothing restores a pod but its controller, and that
 * starts anew what ran so far: a pod of a long-gone ConfigMap, or from before a quota or a Pod Security level, serves
 * until it is touched. One answer for all pods of a controller.
 */
export class Returns {
  readonly #parts: EngineParts;
  readonly #answers = new Map<string, Promise<string | undefined>>();

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /** @throws StratusError dry_run_rejected when a ready pod would go whose replacement could not start */
  async require(taken: PodsTaken): Promise<void> {
    const { key, signal } = taken;
    const owner = await this.#templateOf(taken);
    if (owner?.metadata.uid === undefined) return;
    const { uid } = owner.metadata;
    const known = this.#answers.get(uid) ?? this.#problem(owner, signal);
    this.#answers.set(uid, known);
    const problem = await known;
    if (problem === undefined) return;
    throw new StratusError(
      'dry_run_rejected',
      `${nameOfKey(key)} serves now, and a replacement of the pods that this takes away would not start: ${problem}. No undo could bring them back.`,
      {
        rule: 'A2 faithful undo',
        next: 'Repair that first, then call again.',
      },
    );
  }

  /** The workload whose template the pods would be made of again; undefined where no ready pod goes. */
  async #templateOf({
    write,
    key,
    base,
    predicted,
    signal,
  }: PodsTaken): Promise<KubeObject | undefined> {
    if (base === undefined) return undefined;
    const { apiVersion, kind } = key.resource;
    if (isRemoval(write.verb)) {
      if (!removesPod({ verb: write.verb, apiVersion, kind })) return undefined;
      return isReady(base.object) ? await this.#controllerOf(base, signal) : undefined;
    }
    const wanted = replicasOf(predicted);
    const serving = numberOf(at(base.object, 'status', 'readyReplicas')) ?? 0;
    const takes =
      wanted !== undefined && wanted < serving && wanted < (replicasOf(base.object) ?? 0);
    return takes && at(base.object, 'spec', 'template') !== undefined ? base.object : undefined;
  }

  async #controllerOf(
    { object, key }: LiveObject,
    signal: AbortSignal | undefined,
  ): Promise<KubeObject | undefined> {
    const owner = controllerOf(object);
    const kind = stringOf(owner?.kind) ?? '';
    // What another controller makes of its own template is not known.
    if (!MAKERS.includes(kind)) return undefined;
    const live = await this.#read(
      stringOf(owner?.apiVersion) ?? '',
      kind,
      key.namespace,
      stringOf(owner?.name) ?? '',
      signal,
    );
    return live !== 'unread' && live?.uid === owner?.uid ? live?.object : undefined;
  }

  async #problem(owner: KubeObject, signal: AbortSignal | undefined): Promise<string | undefined> {
    const { namespace } = owner.metadata;
    const template = objectOf(at(owner, 'spec', 'template'));
    const missing = await missingNeeds(objectOf(template.spec), (kind, name) =>
      this.#read('v1', kind, namespace, name, signal),
    );
    return missing ?? (await this.#refusal(owner, template, signal));
  }

  /** What the API server says to such a pod: quotas, Pod Security, webhooks. By dry run, where that is granted. */
  async #refusal(
    owner: KubeObject,
    template: JsonObject,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const { metadata } = owner;
    const { namespace } = metadata;
    const { reader, writer, newId, policy } = this.#parts;
    const options = signal === undefined ? {} : { signal };
    if (namespace === undefined) return undefined;
    const may = { verb: 'create', group: '', resource: 'pods', namespace };
    if (!(await reader.can(may, options)).allowed) return undefined;
    const intentId = newId();
    const name = `${metadata.name.slice(0, 200)}-${intentId.slice(0, 8)}`;
    const resource = await resolveFresh(reader, (all) => all.resolveKind('v1', 'Pod'), signal);
    const pod = replacementOf(owner, template, name);
    const key = keyFor(resource, namespace, name, reader);
    const outcome = await writer.dryRun(
      { verb: 'create', key, body: stringifyJson(pod) },
      { ...options, auditId: `${intentId}-dry`, fieldManager: COMMAND_MANAGER, purpose: 'send' },
    );
    return isRefusal(outcome)
      ? plainText(redactText(outcome.message, policy.redaction))
      : undefined;
  }

  async #read(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<LiveObject | undefined | 'unread'> {
    const { reader } = this.#parts;
    try {
      const resource = await resolveFresh(
        reader,
        (all) => all.resolveKind(apiVersion, kind),
        signal,
      );
      const options = signal === undefined ? {} : { signal };
      return await reader.get(keyFor(resource, namespace, name, reader), options);
    } catch (error) {
      if (error instanceof StratusError && UNREADABLE.includes(error.code)) return 'unread';
      throw error;
    }
  }
}

const MAKERS = ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'ReplicationController'];
const UNREADABLE: readonly string[] = ['forbidden', 'unknown_resource', 'cluster_error'];

function isReady(pod: KubeObject): boolean {
  return objectsOf(at(pod, 'status', 'conditions')).some(
    (it) => it.type === 'Ready' && it.status === 'True',
  );
}

/**
 * Only a clear no of admission counts. A quota that is used up is not one: the pod that goes makes room. Nor is a
 * webhook that takes no dry runs.
 */
function isRefusal(outcome: WriteOutcome): outcome is Extract<WriteOutcome, { kind: 'rejected' }> {
  if (outcome.kind !== 'rejected') return false;
  const { status, message } = outcome;
  if (![400, 403, 422].includes(status)) return false;
  return !/exceeded quota|does not support dry run|cannot create resource/.test(message);
}
