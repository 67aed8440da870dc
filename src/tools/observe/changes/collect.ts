import type { ResourceInfo } from '../../../cluster/types.ts';
import { StratusError } from '../../../core/errors.ts';
import type { KubeObject } from '../../../core/kube.ts';
import type { ObserveContext } from '../../types.ts';
import { lookAside, permit } from '../access.ts';
import { eventResource, readEvents } from '../event-list.ts';
import { withNamespaceHelp } from '../namespace-help.ts';
import { createSurroundings } from '../related/surroundings.ts';
import { chooseNamespace, choosePlace } from '../target.ts';
import { eventsAsChanges, isAbout } from './reported.ts';
import { rolloutsIn } from './rollouts.ts';
import type { Change } from './types.ts';
import { writesOf } from './writes.ts';

/** Where changes are looked for, and of what. */
export interface ChangePlace {
  /** Absent: all namespaces, or a cluster-scoped kind. */
  readonly namespace?: string;
  /** Absent: the usual kinds. */
  readonly resource?: ResourceInfo;
  readonly name?: string;
}

const LOCAL = [
  ...['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => ['apps/v1', kind] as const),
  ...['CronJob', 'Job'].map((kind) => ['batch/v1', kind] as const),
  ...['Service', 'ConfigMap', 'ServiceAccount', 'PersistentVolumeClaim'].map(
    (kind) => ['v1', kind] as const,
  ),
  ...['ResourceQuota', 'LimitRange'].map((kind) => ['v1', kind] as const),
  ...['Ingress', 'NetworkPolicy'].map((kind) => ['networking.k8s.io/v1', kind] as const),
  ['policy/v1', 'PodDisruptionBudget'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
] as const;
// They reach into every namespace.
const WIDE = [
  ['v1', 'Node'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
] as const;

/** @throws StratusError invalid_arguments, unknown_resource, policy_refused. */
export async function placeOfChanges(
  context: ObserveContext,
  tool: string,
  args: {
    namespace?: string | undefined;
    all_namespaces: boolean;
    kind?: string | undefined;
    name?: string | undefined;
  },
): Promise<ChangePlace> {
  const { kind, name } = args;
  if (kind === undefined) {
    if (name !== undefined) {
      throw new StratusError('invalid_arguments', 'A name alone could be of any kind.', {
        next: 'Give kind too.',
      });
    }
    const namespace = chooseNamespace(context, args);
    permit(context, { tool, namespace });
    return namespace === undefined ? {} : { namespace };
  }
  const { resource, namespace } = await choosePlace(context, { ...args, kind });
  permit(context, { tool, resource, namespace, name });
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** Everything that changed there since then, unordered; `hidden` when something could not be looked at. */
export async function collectChanges(
  context: ObserveContext,
  tool: string,
  place: ChangePlace & { readonly since: number },
): Promise<{ changes: readonly Change[]; notes: readonly string[]; hidden: boolean }> {
  const { namespace, resource, name, since } = place;
  const around = createSurroundings(context, tool);
  // Asked once before the many ask.
  await context.reader.resources({ signal: context.signal });
  const rules = context.policy.redaction;
  const rolled = resource === undefined || resource.group === 'apps';
  const query = { namespace, kind: resource?.kind, name, since, rules };
  const [objects, rollouts] = await Promise.all([
    resource === undefined ? usual() : asked(resource),
    rolled ? rolloutsIn(around, query) : { changes: [], kept: [] },
  ]);
  const events = await reported(rollouts.kept);
  const looked =
    resource === undefined
      ? ['Other kinds, Secrets among them, are looked at when kind names them.']
      : [];
  return {
    changes: [
      ...rollouts.changes,
      ...objects.flatMap((object) => writesOf(object, since)),
      ...events.changes,
    ],
    notes: [...around.notes, ...events.notes, ...looked],
    hidden: around.notes.size > 0 || events.hidden,
  };

  async function usual(): Promise<KubeObject[]> {
    const kinds = [...LOCAL, ...WIDE];
    const lists = await Promise.all(
      kinds.map(([apiVersion, kind]) =>
        around.list({ apiVersion, kind, namespace }, { metadataOnly: true }),
      ),
    );
    return lists.flat();
  }

  /** What was asked for by its kind has to be seen, or the answer is why not. */
  async function asked(kind: ResourceInfo): Promise<KubeObject[]> {
    const { reader, signal } = context;
    const where = namespace === undefined ? {} : { namespace };
    const named = name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
    const everywhere = {
      kind: kind.kind,
      all_namespaces: kind.namespaced && namespace === undefined,
    };
    const { items } = await withNamespaceHelp(context, tool, everywhere, () =>
      reader.listAll({ resource: kind, ...where, ...named, metadataOnly: true }, { signal }),
    );
    return items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }));
  }

  async function reported(kept: readonly KubeObject[]) {
    const look = await lookAside(async () => {
      const cluster = resource?.namespaced === false;
      permit(context, { tool, resource: await eventResource(context), namespace });
      const whole = resource?.group === 'apps' && name !== undefined;
      // Events about a cluster-scoped object lie in `default`, or wherever its reporter put them.
      return readEvents(context, {
        ...(cluster ? {} : { namespace }),
        ...(whole ? {} : { kind: resource?.kind, name }),
      });
    });
    if ('unseen' in look)
      return { changes: [], notes: [`Events were not looked at: ${look.unseen}`], hidden: true };
    const { groups, complete } = look.seen;
    const mine =
      resource === undefined || name === undefined
        ? groups
        : groups.filter(isAbout(resource.kind, name, kept));
    const { changes, ordinary } = eventsAsChanges(mine, since);
    return {
      changes,
      hidden: !complete,
      notes: [
        ...(complete ? [] : ['There are too many events: only 20,000 of them were read.']),
        ...(ordinary > 0
          ? [`${ordinary} ordinary events are left out; observe_events has them.`]
          : []),
      ],
    };
  }
}
