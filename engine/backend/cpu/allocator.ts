import { BackendError } from "../../base/errors.ts";
import { MemoryBudget } from "./memoryBudget.ts";

const pageBytes = 65536;
/** Every block starts on a cache line. */
const alignment = 64;

interface Gap {
  start: number;
  end: number;
}

/** First-fit allocation inside one WebAssembly.Memory that grows on demand; freed neighbours merge. */
export class Allocator {
  readonly memory: WebAssembly.Memory;
  readonly #maxBytes: number;
  readonly #budget: MemoryBudget;
  #usedBytes = 0;
  /** Free ranges below the end of the memory, by address. */
  #gaps: Gap[];
  #sizes = new Map<number, number>();
  #bytes = new Uint8Array(0);
  #words = new Int32Array(0);
  #doubles = new Float64Array(0);

  /**
   * Hands out addresses from `firstAddress` on.
   * @param maxBytes of this memory
   * @param budget of all memories of a backend
   */
  constructor(
    memory: WebAssembly.Memory,
    firstAddress: number,
    maxBytes: number,
    budget = new MemoryBudget(maxBytes),
  ) {
    this.memory = memory;
    this.#maxBytes = maxBytes;
    this.#budget = budget;
    budget.takenBytes += memory.buffer.byteLength;
    this.#gaps = [{ start: align(firstAddress), end: memory.buffer.byteLength }];
  }

  /** The whole memory, until it grows. */
  get bytes(): Uint8Array {
    const { buffer } = this.memory;
    if (this.#bytes.buffer !== buffer) this.#bytes = new Uint8Array(buffer);
    return this.#bytes;
  }

  /** The same as words of four bytes. */
  get words(): Int32Array {
    const { buffer } = this.memory;
    if (this.#words.buffer !== buffer) this.#words = new Int32Array(buffer);
    return this.#words;
  }

  /** The same as doubles. */
  get doubles(): Float64Array {
    const { buffer } = this.memory;
    if (this.#doubles.buffer !== buffer) this.#doubles = new Float64Array(buffer);
    return this.#doubles;
  }

  /** What is allocated. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** @returns the address of `sizeBytes` uninitialised bytes. @throws BackendError ERR_OUT_OF_MEMORY */
  allocate(sizeBytes: number, label: string): number {
    const size = align(Math.max(1, sizeBytes));
    let gap = this.#gaps.find(({ start, end }) => end - start >= size);
    if (!gap) {
      this.#grow(size, label);
      gap = this.#gaps.at(-1) as Gap;
    }
    const address = gap.start;
    gap.start += size;
    if (gap.start === gap.end) this.#gaps.splice(this.#gaps.indexOf(gap), 1);
    this.#sizes.set(address, size);
    this.#usedBytes += size;
    return address;
  }

  free(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) throw new Error(`free: nothing was allocated at ${address}`);
    this.#sizes.delete(address);
    this.#usedBytes -= size;
    const end = address + size;
    const next = this.#gaps.findIndex(({ start }) => start > address);
    const at = next < 0 ? this.#gaps.length : next;
    const before = this.#gaps[at - 1];
    const after = this.#gaps[at];
    if (before && before.end === address) {
      before.end = end;
      if (after && after.start === end) {
        before.end = after.end;
        this.#gaps.splice(at, 1);
      }
    } else if (after && after.start === end) after.start = address;
    else this.#gaps.splice(at, 0, { start: address, end });
  }

  /** Makes the last gap at least `size` bytes long; the memory at least doubles up to 64 MiB steps, to grow rarely. */
  #grow(size: number, label: string): void {
    const end = this.memory.buffer.byteLength;
    const last = this.#gaps.at(-1);
    const missing = size - (last?.end === end ? end - last.start : 0);
    const needed = Math.ceil(missing / pageBytes);
    const comfortable = Math.max(needed, Math.min(end, 2 ** 26) / pageBytes);
    const room = Math.floor(Math.min(this.#maxBytes - end, this.#budget.leftBytes) / pageBytes);
    const added = this.#tryGrow(Math.min(comfortable, room)) ?? this.#tryGrow(needed);
    if (needed > room || added === null) throw this.#full(size, label);
    const grown = this.memory.buffer.byteLength;
    this.#budget.takenBytes += grown - end;
    if (last?.end === end) last.end = grown;
    else this.#gaps.push({ start: end, end: grown });
  }

  #full(size: number, label: string): BackendError {
    const { maxBytes, takenBytes } = this.#budget;
    const isAlone = maxBytes <= this.#maxBytes;
    const limit = isAlone
      ? `the ${maxBytes} that WebAssembly can address`
      : takenBytes + size > maxBytes
        ? `the ${maxBytes} that all memories may take`
        : `the ${this.#maxBytes} of a memory of WebAssembly`;
    return new BackendError(
      "ERR_OUT_OF_MEMORY",
      `cpu: expected ${size} bytes for "${label}" within ${limit}, got ${takenBytes} in use. Use a smaller context, a smaller model or the webgpu backend.`,
    );
  }

  #tryGrow(pages: number): number | null {
    try {
      return this.memory.grow(pages);
    } catch {
      return null;
    }
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
