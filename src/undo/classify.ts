import type { KubeObject } from '../core/kube.ts';
import { type Classifiable, type Classification, irreversible } from './classification.ts';
import { classifyCreate } from './classify-create.ts';
import { classifyDelete } from './classify-delete.ts';
import { classifyEviction } from './classify-eviction.ts';
import { classificationOf, rowOfUpdate } from './matrix/table.ts';

/**
 * Classifies a write before it is sent. Exact: same object, same bytes. Compensating:
 * equivalent, with another identity or other pods. Irreversible: refused.
 */
export function classify(write: Classifiable): Classification {
  if (write.verb === 'evict') return classifyEviction(write.before);
  if (write.verb === 'delete') return classifyDelete(write);
  if (write.before === undefined) return classifyCreate(write);
  return classifyUpdate(write, write.before);
}

function classifyUpdate(write: Classifiable, before: KubeObject): Classification {
  const { after } = write;
  if (after === undefined)
    return irreversible('the API server did not say what the change would do');
  return classificationOf(rowOfUpdate(write, { before, after }), write);
}
