import type { Backend } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";

/** Where groups are allocated, and all of those that hold something. */
export interface GroupOwner {
  readonly backend: Backend;
  readonly groups: Set<TensorGroup>;
}

/** Device tensors under names, freed together. */
export class TensorGroup {
  readonly #owner: GroupOwner;
  readonly #tensors = new Map<string, DeviceTensor>();

  constructor(owner: GroupOwner) {
    this.#owner = owner;
  }

  alloc(name: string, shape: readonly number[], dtype: "f32" | "i32"): DeviceTensor {
    const tensor = this.#owner.backend.alloc(shape, dtype, name);
    this.free(name);
    this.#add(name, tensor);
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
    this.#remove(name);
    to.free(name);
    to.#add(name, tensor);
  }

  free(name: string): void {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) return;
    this.#remove(name);
    this.#owner.backend.free(tensor);
  }

  /** Keeps the first `rows` entries of a tensor's leading axis. */
  shrink(name: string, rows: number): void {
    const tensor = this.#tensors.get(name);
    const [capacity = 0, ...rest] = tensor?.shape ?? [];
    if (tensor === undefined || capacity <= rows) return;
    const { backend } = this.#owner;
    const smaller = backend.alloc([rows, ...rest], tensor.dtype === "i32" ? "i32" : "f32", name);
    const count = rest.reduce((a, b) => a * b, rows);
    backend.copy(tensor, 0, smaller, 0, count);
    this.free(name);
    this.#add(name, smaller);
  }

  freeAll(): void {
    for (const name of this.names()) this.free(name);
  }

  #add(name: string, tensor: DeviceTensor): void {
    this.#tensors.set(name, tensor);
    this.#owner.groups.add(this);
  }

  #remove(name: string): void {
    this.#tensors.delete(name);
    if (this.#tensors.size === 0) this.#owner.groups.delete(this);
  }
}
