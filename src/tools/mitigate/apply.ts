import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { describeRef, type KubeObject, type ObjectRef, refOf } from '../../core/kube.ts';
import type { Live, PlannedWrite } from '../../transaction/types.ts';
import { defineMitigateTool } from '../types.ts';
import { commonArguments, optionalNamespace } from './arguments.ts';
import { kubectl, namespaceFlag } from './kubectl.ts';
import { fitting, liveName, manifestArgument, objectsOfManifest, readsOf } from './manifests.ts';

export const mitigateApply = defineMitigateTool({
  name: 'mitigate_apply',
  title: 'Apply or create manifests',
  effect: 'mitigate',
  description:
    'Use to bring whole objects to a declared state by server-side apply: those that are missing are created, in others only the fields you name change. A field that another manager owns is a conflict and is shown, never forced. Mode create refuses what is there already; the undo deletes what was created.',
  input: z.strictObject({
    manifest: manifestArgument,
    namespace: optionalNamespace,
    mode: z.enum(['apply', 'create']).default('apply'),
    ...commonArguments,
  }),
  reads: (args) => readsOf(objectsOfManifest(args.manifest, args.namespace)),
  plan: (args, live) => {
    const planned = args.mode === 'create' ? planCreate : planApply;
    return objectsOfManifest(args.manifest, args.namespace).map((manifest, i) =>
      planned(manifest, liveName(i), live),
    );
  },
});

function planApply(declared: KubeObject, name: string, live: Live): PlannedWrite {
  const there = live.object(name);
  const manifest = fitting(declared, there);
  const object = refOf(manifest);
  return {
    verb: 'apply',
    object,
    manifest,
    summary: there === undefined ? 'create by server-side apply' : 'apply the manifest',
    kubectl: kubectl('apply', '--server-side', namespaceFlag(object), filenameFlag(object)),
  };
}

function planCreate(manifest: KubeObject, name: string, live: Live): PlannedWrite {
  const object = refOf(manifest);
  if (live.object(name) !== undefined) {
    throw new StratusError('conflict', `${describeRef(object)} is there already.`, {
      next: 'Change it with mode apply, or with mitigate_patch.',
    });
  }
  return {
    verb: 'create',
    object,
    manifest,
    summary: 'create',
    kubectl: kubectl('create', namespaceFlag(object), filenameFlag(object)),
  };
}

function filenameFlag(object: ObjectRef): string {
  return `--filename=${object.kind.toLowerCase()}-${object.name}.yaml`;
}
