import { BUFFER_USAGE } from "./gpuConstants.ts";

const KEPT = 4;
const LARGEST_KEPT_BYTES = 1 << 22;

/** Mappable buffers for read-back, reused while small: a decode step reads one row of logits after another. */
export class StagingPool {
  readonly #device: GPUDevice;
  readonly #idle: GPUBuffer[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  take(sizeBytes: number): GPUBuffer {
    const at = this.#idle.findIndex((buffer) => buffer.size >= sizeBytes);
    const [reused] = at < 0 ? [] : this.#idle.splice(at, 1);
    return (
      reused ??
      this.#device.createBuffer({
        label: "staging",
        size: sizeBytes,
        usage: BUFFER_USAGE.mapRead | BUFFER_USAGE.copyDestination,
      })
    );
  }

  give(buffer: GPUBuffer): void {
    if (buffer.size <= LARGEST_KEPT_BYTES && this.#idle.length < KEPT) this.#idle.push(buffer);
    else buffer.destroy();
  }

  destroy(): void {
    for (const buffer of this.#idle) buffer.destroy();
    this.#idle.length = 0;
  }
}
