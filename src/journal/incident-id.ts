const ID = /^inc-([1-9]\d{0,14})$/;

/** `7` → `inc-7`. */
export function incidentIdOf(key: number): string {
  return `inc-${key}`;
}

/** `inc-7` → `7`; 0, which no row has, for anything else. */
export function incidentKeyOf(id: string): number {
  return Number(ID.exec(id)?.[1] ?? 0);
}
