/** How often it was done, one after the other, in so many milliseconds. */
export async function readsFor(ms: number, act: () => Promise<unknown>): Promise<number> {
  const end = performance.now() + ms;
  let done = 0;
  while (performance.now() < end) {
    await act();
    done += 1;
  }
  return done;
}
