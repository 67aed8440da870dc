const ID = /^txn-([1-9]\d{0,14})$/;

/** `7` → `txn-7`. */
export function idOf(key: number): string {
  return `txn-${key}`;
}

/** `txn-7` → `7`; `undefined` for anything else. */
export function keyOf(id: string): number | undefined {
  const digits = ID.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
