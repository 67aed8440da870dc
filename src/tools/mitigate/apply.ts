import { z } from 'zod';
import { refOf } from '../../core/kube.ts';
import { defineMitigateTool } from '../types.ts';
import { commonArguments, optionalNamespace } from './arguments.ts';
import { kubectl, namespaceFlag } from './kubectl.ts';
import { fitting, liveName, manifestArgument, objectsOfManifest, readsOf } from './manifests.ts';

export const mitigateApply = defineMitigateTool({
  name: 'mitigate_apply',
  title: 'Apply manifests',
  effect: 'mitigate',
  description:
    'Use to bring whole objects to a declared state by server-side apply: those that are missing are created, in others only the fields you name change. A field that another manager owns is a conflict and is shown, never forced.',
  input: z.strictObject({
    manifest: manifestArgument,
    namespace: optionalNamespace,
    ...commonArguments,
  }),
  reads: (args) => readsOf(objectsOfManifest(args.manifest, args.namespace)),
  plan: (args, live) =>
    objectsOfManifest(args.manifest, args.namespace).map((declared, i) => {
      const there = live.object(liveName(i));
      const manifest = fitting(declared, there);
      const object = refOf(manifest);
      return {
        verb: 'apply',
        object,
        manifest,
        summary: there === undefined ? 'create by server-side apply' : 'apply the manifest',
        kubectl: kubectl(
          'apply',
          '--server-side',
          namespaceFlag(object),
          `--filename=${object.kind.toLowerCase()}-${object.name}.yaml`,
        ),
      };
    }),
});
