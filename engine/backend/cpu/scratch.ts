import { BackendError } from "../../base/errors.ts";
import type { Allocator } from "./allocator.ts";
import type { ThreadScratch } from "./pool/pool.ts";

/** Working memory of the kernels, reused by every operator; grows to the largest that was asked for. */
export class Scratch {
  readonly #allocator: Allocator;
  #address = 0;
  #sizeBytes = 0;

  constructor(allocator: Allocator) {
    this.#allocator = allocator;
  }

  /** Address of at least `sizeBytes`; what it held before is lost. @throws BackendError ERR_OUT_OF_MEMORY */
  reserve(sizeBytes: number): number {
    if (sizeBytes <= this.#sizeBytes) return this.#address;
    if (this.#address) this.#allocator.free(this.#address);
    this.#address = 0;
    this.#sizeBytes = 0;
    this.#address = this.#allocator.allocate(sizeBytes, "kernel scratch");
    this.#sizeBytes = sizeBytes;
    return this.#address;
  }

  /** `bytes` for each of some threads, or for one where the device has no room for all. @throws BackendError ERR_OUT_OF_MEMORY */
  reserveEach(threads: number, bytes: number): ThreadScratch {
    try {
      return { address: this.reserve(threads * bytes), bytes, threads };
    } catch (error) {
      const isFull = error instanceof BackendError && error.code === "ERR_OUT_OF_MEMORY";
      if (!isFull || threads === 1) throw error;
      return { address: this.reserve(bytes), bytes, threads: 1 };
    }
  }
}
