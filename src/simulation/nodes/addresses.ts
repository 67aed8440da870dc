/** Hands out pod addresses from 10.244.0.0/16, none twice at a time. */
export class PodAddresses {
  readonly #used = new Set<string>();
  #next = 0;

  /** Reserves `wanted` when it is given (a pod that already has one). */
  take(wanted: string | undefined): string {
    if (wanted !== undefined && wanted !== '') {
      this.#used.add(wanted);
      return wanted;
    }
    for (;;) {
      this.#next = (this.#next + 1) % 65_000;
      const host = this.#next + 1;
      const address = `10.244.${host >> 8}.${host & 0xff}`;
      if ((host & 0xff) === 0 || (host & 0xff) === 0xff || this.#used.has(address)) continue;
      this.#used.add(address);
      return address;
    }
  }

  release(address: string): void {
    this.#used.delete(address);
  }
}
