/**
 * Environment of a server whose wall clock jumps while it runs: by so many hours, so long after its start. The
 * monotonic clock goes on as it was.
 */
export function clockJump(hours: number, afterMs: number): { readonly NODE_OPTIONS: string } {
  const module = `
    const Real = Date;
    let shift = 0;
    globalThis.Date = class extends Real {
      constructor(...given) { if (given.length === 0) super(Real.now() + shift); else super(...given); }
      static now() { return Real.now() + shift; }
    };
    setTimeout(() => { shift = ${hours * 3_600_000}; }, ${afterMs}).unref();`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(module)}` };
}
