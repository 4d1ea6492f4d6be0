import type { DeviceTensor } from "../backend/deviceTensor.ts";

/** Where the buffers come from, and belong to. */
interface BufferOwner {
  alloc(name: string, shape: readonly number[], dtype: "f32" | "i32"): DeviceTensor;
}

/**
 * Activations of one shape and dtype take turns in the same buffers: a layer's lie where the previous layer's lay.
 * The buffers belong to the group.
 */
export class BufferPool {
  readonly #group: BufferOwner;
  readonly #idle = new Map<string, DeviceTensor[]>();
  #count = 0;

  constructor(group: BufferOwner) {
    this.#group = group;
  }

  acquire(shape: readonly number[], dtype: "f32" | "i32"): DeviceTensor {
    const idle = this.#idle.get(key(shape, dtype))?.pop();
    return idle ?? this.#group.alloc(`activation.${this.#count++}`, shape, dtype);
  }

  release(shape: readonly number[], dtype: "f32" | "i32", tensor: DeviceTensor): void {
    const idle = this.#idle.get(key(shape, dtype));
    if (idle === undefined) this.#idle.set(key(shape, dtype), [tensor]);
    else idle.push(tensor);
  }
}

function key(shape: readonly number[], dtype: string): string {
  return `${dtype} ${shape.join()}`;
}
