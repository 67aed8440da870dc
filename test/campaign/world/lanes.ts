/** Runs the jobs in `count` lanes, each of which takes the next one as soon as it is free. */
export async function inLanes<T>(
  count: number,
  jobs: readonly T[],
  lane: (next: () => T | undefined, index: number) => Promise<void>,
): Promise<void> {
  const queue = [...jobs];
  await Promise.all(Array.from({ length: count }, (_, i) => lane(() => queue.shift(), i)));
}
