import type { Backend, DeviceTensor } from "../backend/backend.ts";

/** Device tensors under names, freed together. */
export class TensorGroup {
  readonly #backend: Backend;
  readonly #tensors = new Map<string, DeviceTensor>();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  alloc(name: string, shape: readonly number[], dtype: "f32" | "i32"): DeviceTensor {
    const tensor = this.#backend.alloc(shape, dtype, name);
    this.free(name);
    this.#tensors.set(name, tensor);
    return tensor;
  }

  get(name: string): DeviceTensor | undefined {
    return this.#tensors.get(name);
  }

  names(): string[] {
    return [...this.#tensors.keys()];
  }

  /** Hands a tensor over to another group of the same backend. */
  give(name: string, to: TensorGroup): void {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) return;
    this.#tensors.delete(name);
    to.free(name);
    to.#tensors.set(name, tensor);
  }

  free(name: string): void {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) return;
    this.#tensors.delete(name);
    this.#backend.free(tensor);
  }

  freeAll(): void {
    for (const name of this.names()) this.free(name);
  }
}
