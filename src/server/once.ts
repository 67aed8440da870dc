/** An asynchronous value that is made on first use. */
export interface Once<T> {
  (): Promise<T>;
  /** What is there without making it: `undefined` before the first use and after a failure. */
  settled(): Promise<T | undefined>;
}

/** Makes a value once and shares it; a failure is thrown and the next use tries again. */
export function retriedUntilOk<T>(make: () => Promise<T>): Once<T> {
  let made: Promise<T> | undefined;
  const use = () => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  return Object.assign(use, { settled: async () => made?.catch(() => undefined) });
}
