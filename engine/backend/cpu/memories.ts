import { BackendError } from "../../base/errors.ts";
import type { CpuTensor, Place } from "./cpuTensor.ts";
import { type Instance, instantiateAgain } from "./instantiateKernels.ts";
import { type KernelMemory, kernelMemory } from "./kernelMemory.ts";
import type { MemoryBudget } from "./memoryBudget.ts";
import { type MemorySizes, PAGE_BYTES } from "./memorySizes.ts";

/** Pages of a new memory. */
export const FIRST_PAGES = 16;

/**
 * The memories of a backend. Activations, caches and weights of one axis lie in the first; matrices there too, and where they are too
 * many, in others, each of which has an instance of the kernels. A matrix is multiplied where it lies (prepare/besideWeights.ts).
 */
export class Memories {
  readonly first: KernelMemory;
  readonly #instance: Instance;
  readonly #sizes: MemorySizes;
  readonly #budget: MemoryBudget;
  readonly #onAdded: (memory: WebAssembly.Memory, exports: WebAssembly.Exports) => void;
  readonly #all: KernelMemory[];

  /** @param onAdded told of every further memory, before anything lies in it */
  constructor(
    memory: WebAssembly.Memory,
    instance: Instance,
    sizes: MemorySizes,
    budget: MemoryBudget,
    onAdded: (memory: WebAssembly.Memory, exports: WebAssembly.Exports) => void,
  ) {
    this.#instance = instance;
    this.#sizes = sizes;
    this.#budget = budget;
    this.#onAdded = onAdded;
    this.first = kernelMemory(0, memory, instance, sizes.memoryBytes, budget);
    this.#all = [this.first];
  }

  get count(): number {
    return this.#all.length;
  }

  at(number: number): KernelMemory {
    return this.#all[number] as KernelMemory;
  }

  /** Room for a matrix. @throws BackendError ERR_OUT_OF_MEMORY */
  placeMatrix(sizeBytes: number, label: string): Place {
    for (const memory of this.#all) {
      const place = this.#hasRoom(memory, sizeBytes) && tryPlace(memory, sizeBytes, label);
      if (place) return place;
    }
    const added = this.#add(sizeBytes);
    return place(added ?? this.first, sizeBytes, label);
  }

  /**
   * Room for matrices that are read together: in a memory that has some of them, else in a new one.
   * @returns new places of those that have to move
   * @throws BackendError ERR_OUT_OF_MEMORY
   */
  placeTogether(matrices: readonly CpuTensor[], bytesOf: (tensor: CpuTensor) => number) {
    const sum = (tensors: readonly CpuTensor[]) =>
      tensors.reduce((bytes, tensor) => bytes + bytesOf(tensor), 0);
    const here = (memory: KernelMemory) =>
      matrices.filter(({ place }) => place.memory === memory.number);
    const holders = this.#all
      .filter((memory) => here(memory).length > 0)
      .sort((a, b) => sum(here(b)) - sum(here(a)));
    for (const memory of holders) {
      const others = matrices.filter(({ place }) => place.memory !== memory.number);
      if (!this.#hasRoom(memory, sum(others))) continue;
      return new Map(
        others.map((tensor) => [tensor, place(memory, bytesOf(tensor), tensor.label)]),
      );
    }
    const added = this.#add(sum(matrices)) ?? this.first;
    return new Map(matrices.map((tensor) => [tensor, place(added, bytesOf(tensor), tensor.label)]));
  }

  /** May the memory take so many bytes of matrices more? One that holds nothing takes what it can address. */
  #hasRoom({ number, allocator }: KernelMemory, sizeBytes: number): boolean {
    const { memoryBytes, firstMatrixBytes, otherMatrixBytes } = this.#sizes;
    if (this.#budget.maxBytes <= memoryBytes) return true; // there is no other
    const most = number === 0 ? firstMatrixBytes : otherMatrixBytes;
    return allocator.usedBytes + sizeBytes <= most;
  }

  /** One more memory; null where there can be none that holds so much. */
  #add(sizeBytes: number): KernelMemory | null {
    const { memoryBytes } = this.#sizes;
    if (this.#budget.maxBytes <= memoryBytes || this.#budget.leftBytes < sizeBytes) return null;
    let memory: WebAssembly.Memory;
    try {
      memory = new WebAssembly.Memory({
        initial: FIRST_PAGES,
        maximum: memoryBytes / PAGE_BYTES,
        shared: this.first.allocator.memory.buffer instanceof SharedArrayBuffer,
      });
    } catch (error) {
      if (error instanceof RangeError) return null; // no address space is left
      throw error;
    }
    const instance = instantiateAgain(this.#instance.module, memory);
    this.#onAdded(memory, instance.exports);
    const added = kernelMemory(this.count, memory, instance, memoryBytes, this.#budget);
    this.#all.push(added);
    return added;
  }
}

function place({ number, allocator }: KernelMemory, sizeBytes: number, label: string): Place {
  return { memory: number, address: allocator.allocate(sizeBytes, label) };
}

/** Null where free memory is in pieces that are too small. */
function tryPlace(memory: KernelMemory, sizeBytes: number, label: string): Place | null {
  try {
    return place(memory, sizeBytes, label);
  } catch (error) {
    if (error instanceof BackendError && error.code === "ERR_OUT_OF_MEMORY") return null;
    throw error;
  }
}
