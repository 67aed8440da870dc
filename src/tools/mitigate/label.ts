import { z } from 'zod';
import { defineMitigateTool } from '../types.ts';
import { mapArguments, mapPlan, mapReads } from './metadata-map.ts';

export const mitigateLabel = defineMitigateTool({
  name: 'mitigate_label',
  title: 'Set labels',
  effect: 'mitigate',
  description:
    'Use to set or remove labels of one object, or of all that match a selector. Services, ReplicaSets and policies select by labels: a changed label may move traffic.',
  input: z.strictObject(mapArguments),
  reads: mapReads,
  plan: (args, live) => mapPlan('labels', args, live),
});
