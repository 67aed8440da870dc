import { inject, type RunnerTask, type RunnerTestFile, TestRunner } from 'vitest';
import { isClusterNeeded, markClusterNeeded } from './availability.ts';

/**
 * Skips whole test files, their hooks included, when they need a control plane and there is none:
 * skipping inside a hook would fail the file. The reason is printed once, by the global set-up.
 */
export default class ClusterRunner extends TestRunner {
  override onCollectStart(file: RunnerTestFile): void {
    markClusterNeeded(false);
    super.onCollectStart(file);
  }

  onCollected(files: RunnerTestFile[]): void {
    if (isClusterNeeded() && inject('cluster').kind === 'missing') files.forEach(skip);
  }
}

function skip(task: RunnerTask): void {
  task.mode = 'skip';
  if ('tasks' in task) task.tasks.forEach(skip);
}
