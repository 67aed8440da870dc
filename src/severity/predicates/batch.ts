import { at } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Context, Finding, Predicate } from '../predicate.ts';
import { shorten } from '../text.ts';
import { conditionOf, keyOf, timeOf } from '../view.ts';

/** Failed Jobs. Of a CronJob's only the youngest finished one speaks. */
function failedJobs({ view }: Context): Finding[] {
  const last = new Map<string, KubeObject>();
  for (const job of view.list('Job')) {
    const isFinished = ['Complete', 'Failed'].some(
      (type) => conditionOf(job, type)?.status === 'True',
    );
    const key = keyOf(view.ownerOf(job));
    const other = last.get(key);
    if (isFinished && (other === undefined || createdAt(job) > createdAt(other))) {
      last.set(key, job);
    }
  }
  return [...last.values()].flatMap((job) => {
    const failed = conditionOf(job, 'Failed');
    if (failed?.status !== 'True') return [];
    const message = `${job.metadata.name} failed: ${shorten(failed.message || failed.reason)}`;
    return [{ object: view.ownerOf(job), reason: 'Failed', value: 1, message }];
  });
}

function createdAt(job: KubeObject): number {
  return timeOf(at(job, 'metadata', 'creationTimestamp')) ?? 0;
}

export const batchPredicates: readonly Predicate[] = [
  { id: 'job-failed', weight: 5, find: failedJobs },
];
