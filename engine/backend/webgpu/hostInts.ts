/** An element that names nothing. */
interface Outside {
  readonly at: number;
  readonly value: number;
}

/**
 * What the host knows of an i32 tensor's elements because it wrote them: token ids are checked against it, so that no
 * check waits for the device.
 */
export class HostInts {
  readonly #values: Int32Array;
  readonly #known: Uint8Array;

  constructor(length: number) {
    this.#values = new Int32Array(length);
    this.#known = new Uint8Array(length);
  }

  write(offset: number, values: Int32Array): void {
    this.#values.set(values, offset);
    this.#known.fill(1, offset, offset + values.length);
  }

  /** Follows a copy on the device; of a source that the host never wrote nothing is known. */
  copy(source: HostInts | null, from: number, to: number, count: number): void {
    if (source === null) this.#known.fill(0, to, to + count);
    else {
      this.#values.set(source.#values.subarray(from, from + count), to);
      this.#known.set(source.#known.subarray(from, from + count), to);
    }
  }

  /** The first of `count` elements from `start` on that is known to be outside of least to limit - 1. */
  outside(start: number, count: number, least: number, limit: number): Outside | null {
    return this.#first(start, start + count, (value) => value < least || value >= limit);
  }

  /** The first of `count` elements from `start` on that is known to be `limit` or more. */
  beyond(start: number, count: number, limit: number): Outside | null {
    return this.#first(start, start + count, (value) => value >= limit);
  }

  #first(start: number, end: number, isOutside: (value: number) => boolean): Outside | null {
    for (let at = start; at < end; at++) {
      const value = this.#values[at] as number;
      if (this.#known[at] === 1 && isOutside(value)) return { at, value };
    }
    return null;
  }
}
