import { at, type Json, numberOf, objectsOf, stringOf } from '../core/json.ts';
import { desiredReplicas, type KubeObject } from '../core/kube.ts';
import { once } from './facts.ts';
import { ingressRoutes } from './predicates/routes.ts';
import { selectorOf } from './predicates/services.ts';
import type { CoverageEntry } from './types.ts';
import { isTerminating, makerOf, type View } from './view.ts';

/**
 * What serves, so that the gate sees it go. Objects on their way out are gone already. Suspended
 * counts as 0, and so does a Service without a selector: emptying the selector hides its lack of
 * endpoints. A workload that an autoscaler owns promises the autoscaler's minimum. The parts inside
 * an object count as well: removing a broken route, port or container hides it just so.
 */
export function coverageOf(view: View): CoverageEntry[] {
  const minimums = autoscalerMinimums(view);
  const entries = (
    kind: string,
    desired: (object: KubeObject) => number,
    isCounted: (object: KubeObject) => boolean = () => true,
  ) =>
    view
      .list(kind)
      .filter((object) => !isTerminating(object) && isCounted(object))
      .map((object) => ({ ...entryOf(object, desired(object)), ...partsOf(object) }));
  const scaled = (workload: KubeObject) => {
    const minimum = minimums.size === 0 ? undefined : minimums.get(entryOf(workload, 0).id);
    return Math.min(desiredReplicas(workload), minimum ?? Number.POSITIVE_INFINITY);
  };
  const isStandalone = (object: KubeObject) => makerOf(object) === undefined;
  const running = (object: KubeObject) => (at(object, 'spec', 'suspend') === true ? 0 : 1);
  return [
    ...entries('Deployment', scaled),
    ...entries('StatefulSet', scaled),
    ...entries('ReplicaSet', scaled, isStandalone),
    ...entries('DaemonSet', (it) => numberOf(at(it, 'status', 'desiredNumberScheduled')) ?? 0),
    ...entries('CronJob', running),
    ...entries('Job', running, isStandalone),
    ...entries('Service', (it) => (selectorOf(it) === undefined ? 0 : 1)),
    ...entries('Ingress', () => 1),
    ...entries('PersistentVolumeClaim', () => 1),
  ];
}

const partsOf = once((object: KubeObject): Pick<CoverageEntry, 'parts' | 'containers'> => {
  switch (object.kind) {
    case 'Service':
      return {
        parts: selectorOf(object) === undefined ? 0 : objectsOf(at(object, 'spec', 'ports')).length,
      };
    case 'Ingress':
      return { parts: ingressRoutes(object).length };
    case 'PersistentVolumeClaim':
      return {};
    case 'CronJob':
      return { containers: containersOf(at(object, 'spec', 'jobTemplate', 'spec', 'template')) };
    default:
      return { containers: containersOf(at(object, 'spec', 'template')) };
  }
});

/** Init containers are done before a pod serves, but for sidecars (restartPolicy Always). */
function containersOf(template: Json | undefined): string[] {
  const sidecars = objectsOf(at(template, 'spec', 'initContainers')).filter(
    (it) => it.restartPolicy === 'Always',
  );
  return [...objectsOf(at(template, 'spec', 'containers')), ...sidecars].flatMap(
    (it) => stringOf(it.name) ?? [],
  );
}

function autoscalerMinimums(view: View): Map<string, number> {
  return new Map(
    view.list('HorizontalPodAutoscaler').map((autoscaler) => {
      const kind = at(autoscaler, 'spec', 'scaleTargetRef', 'kind');
      const name = at(autoscaler, 'spec', 'scaleTargetRef', 'name');
      const minimum = numberOf(at(autoscaler, 'spec', 'minReplicas')) ?? 1;
      return [`${String(kind)}/${autoscaler.metadata.namespace}/${String(name)}`, minimum];
    }),
  );
}

function entryOf(object: KubeObject, desired: number): CoverageEntry {
  const { namespace = '', name, uid = '' } = object.metadata;
  return {
    id: `${object.kind}/${namespace}/${name}`,
    kind: object.kind,
    namespace,
    name,
    uid,
    desired,
  };
}
