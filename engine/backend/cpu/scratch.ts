import type { Allocator } from "./allocator.ts";

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
}
