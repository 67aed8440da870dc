import { z } from 'zod';
import { defineMitigateTool } from '../types.ts';
import { mapArguments, mapPlan, mapReads } from './metadata-map.ts';

export const mitigateAnnotate = defineMitigateTool({
  name: 'mitigate_annotate',
  title: 'Set annotations',
  effect: 'mitigate',
  description:
    'Use to set or remove annotations of one object, or of all that match a selector. Controllers read some of them: an annotation can change behaviour.',
  input: z.strictObject(mapArguments),
  reads: mapReads,
  plan: (args, live) => mapPlan('annotations', args, live),
});
