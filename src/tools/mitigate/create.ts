import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { describeRef, refOf } from '../../core/kube.ts';
import { defineMitigateTool } from '../types.ts';
import { commonArguments, optionalNamespace } from './arguments.ts';
import { kubectl, namespaceFlag } from './kubectl.ts';
import { liveName, manifestArgument, objectsOfManifest, readsOf } from './manifests.ts';

export const mitigateCreate = defineMitigateTool({
  name: 'mitigate_create',
  title: 'Create objects',
  effect: 'mitigate',
  description:
    'Use to create objects that are missing, such as a ConfigMap that pods wait for. Refused when one is there already; the undo deletes what was created.',
  input: z.strictObject({
    manifest: manifestArgument,
    namespace: optionalNamespace,
    ...commonArguments,
  }),
  reads: (args) => readsOf(objectsOfManifest(args.manifest, args.namespace)),
  plan: (args, live) =>
    objectsOfManifest(args.manifest, args.namespace).map((manifest, i) => {
      const object = refOf(manifest);
      if (live.object(liveName(i)) !== undefined) {
        throw new StratusError('conflict', `${describeRef(object)} is there already.`, {
          next: 'Change it with mitigate_apply or mitigate_patch.',
        });
      }
      return {
        verb: 'create',
        object,
        manifest,
        summary: 'create',
        kubectl: kubectl(
          'create',
          namespaceFlag(object),
          `--filename=${object.kind.toLowerCase()}-${object.name}.yaml`,
        ),
      };
    }),
});
