import type { Backend } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { rowSize } from "../backend/tensorSize.ts";
import { BackendError } from "../base/errors.ts";

/** Where groups are allocated, and all of those that hold something. */
export interface GroupOwner {
  readonly backend: Backend;
  readonly groups: Set<TensorGroup>;
  /** Makes room where memory has run out. @returns whether there was any to make */
  freeIdle(): boolean;
}

/** Device tensors under names, freed together. */
export class TensorGroup {
  readonly #owner: GroupOwner;
  readonly #tensors = new Map<string, DeviceTensor>();

  constructor(owner: GroupOwner) {
    this.#owner = owner;
  }

  alloc(name: string, shape: readonly number[], dtype: "f32" | "i32"): DeviceTensor {
    const tensor = allocate(this.#owner, shape, dtype, name);
    this.free(name);
    this.#add(name, tensor);
    return tensor;
  }

  get(name: string): DeviceTensor | undefined {
    return this.#tensors.get(name);
  }

  get bytes(): number {
    let bytes = 0;
    for (const { sizeBytes } of this.#tensors.values()) bytes += sizeBytes;
    return bytes;
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

  /** Copies the first `rows` entries of a tensor's leading axis into another group. */
  copy(name: string, to: TensorGroup, rows: number): void {
    const from = this.#tensors.get(name);
    if (from === undefined) return;
    const [, ...row] = from.shape;
    const copy = to.alloc(name, [rows, ...row], from.dtype === "i32" ? "i32" : "f32");
    const count = row.reduce((a, b) => a * b, rows);
    this.#owner.backend.copy(from, 0, copy, 0, count);
  }

  /** Copies the first `rows` entries of a tensor's leading axis over those of another group's tensor of the name. */
  copyInto(to: TensorGroup, name: string, rows: number): void {
    const [from, over] = [this.get(name), to.get(name)];
    if (from === undefined || over === undefined) throw new Error(`no ${name} to copy`);
    this.#owner.backend.copy(from, 0, over, 0, rows * rowSize(over));
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
    const dtype = tensor.dtype === "i32" ? "i32" : "f32";
    const smaller = allocate(this.#owner, [rows, ...rest], dtype, name);
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

/** Where the device has no memory left, what waits for later work is freed first. */
function allocate(
  owner: GroupOwner,
  shape: readonly number[],
  dtype: "f32" | "i32",
  name: string,
): DeviceTensor {
  try {
    return owner.backend.alloc(shape, dtype, name);
  } catch (error) {
    const isFull = error instanceof BackendError && error.code === "ERR_OUT_OF_MEMORY";
    if (!isFull || !owner.freeIdle()) throw error;
    return owner.backend.alloc(shape, dtype, name);
  }
}
