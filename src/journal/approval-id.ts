const ID = /^approval-([1-9]\d{0,14})$/;

/** `7` → `approval-7`. */
export function approvalIdOf(key: number): string {
  return `approval-${key}`;
}

/** `approval-7` → `7`; 0, which no row has, for anything else. */
export function approvalKeyOf(id: string): number {
  return Number(ID.exec(id)?.[1] ?? 0);
}
