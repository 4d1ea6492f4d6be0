import { BackendError } from "../../errors.ts";

/**
 * What went wrong on the device since somebody last looked. WebGPU reports errors later than the call that caused
 * them; the backend's next read or flush throws them. A lost device stays lost.
 */
export class DeviceFailure {
  #lost: BackendError | null = null;
  #error: BackendError | null = null;
  readonly #pending = new Set<Promise<void>>();

  constructor(device: GPUDevice, isDisposed: () => boolean) {
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#error ??= gpuError(event.error.message);
    });
    void device.lost.then((info) => {
      if (!isDisposed()) this.#lost = deviceLost(info.message || info.reason);
    });
  }

  /** Runs an allocation; if memory runs out, the next `settle` says so. */
  watchMemory(
    device: GPUDevice,
    label: string,
    sizeBytes: number,
    allocate: () => GPUBuffer,
  ): GPUBuffer {
    device.pushErrorScope("out-of-memory");
    const buffer = allocate();
    const popped: Promise<void> = device
      .popErrorScope()
      .then((error) => {
        if (error) this.#error = outOfMemory(label, sizeBytes, error.message);
      })
      .catch(() => undefined) // a lost device reports itself
      .finally(() => this.#pending.delete(popped));
    this.#pending.add(popped);
    return buffer;
  }

  /** @throws BackendError ERR_DEVICE_LOST at once, without waiting */
  throwIfLost(): void {
    if (this.#lost) throw this.#lost;
  }

  /** Waits for reports under way and throws the first. @throws BackendError ERR_DEVICE_LOST, ERR_OUT_OF_MEMORY, ERR_GPU */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
    this.throwIfLost();
    const error = this.#error;
    this.#error = null;
    if (error) throw error;
  }

  /** The reason behind a rejected wait. */
  async explain(cause: unknown): Promise<never> {
    await new Promise((resolve) => setTimeout(resolve, 0)); // the loss is told in a task of its own
    await this.settle();
    throw gpuError(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function deviceLost(reason: string): BackendError {
  return new BackendError(
    "ERR_DEVICE_LOST",
    `webgpu: expected a working device, got a lost one (${reason}). Load the model again; if it happens again, use backend "cpu".`,
  );
}

function outOfMemory(label: string, sizeBytes: number, message: string): BackendError {
  return new BackendError(
    "ERR_OUT_OF_MEMORY",
    `alloc: expected ${sizeBytes} bytes of device memory for ${label}, got none (${message}). Dispose of runs and models, or use a smaller context.`,
  );
}

function gpuError(message: string, cause?: unknown): BackendError {
  return new BackendError(
    "ERR_GPU",
    `webgpu: expected the device to accept the work, got: ${message} Report this with the output of vitrine doctor.`,
    { cause },
  );
}
