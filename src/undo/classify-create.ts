import { type Classifiable, type Classification, irreversible } from './classification.ts';
import { classificationOf, rowOfCreate } from './matrix/table.ts';

export function classifyCreate(write: Classifiable): Classification {
  if (write.after === undefined)
    return irreversible('the API server did not say what would be created');
  return classificationOf(rowOfCreate(write, write.after), write);
}
