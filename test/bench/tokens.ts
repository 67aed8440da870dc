/** Tokens of a text or of a value's JSON, as the tests count them: four characters each. */
export function tokens(value: unknown): number {
  return (typeof value === 'string' ? value : JSON.stringify(value)).length / 4;
}
