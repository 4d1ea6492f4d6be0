import { BackendError } from "../../base/errors.ts";

/**
 * What went wrong on the device since somebody last looked. WebGPU reports errors later than the call that caused
 * them; the backend's next read or flush throws them. A lost device stays lost.
 */
export class DeviceFailure {
  #lost: BackendError | null = null;
  #error: BackendError | null = null;

  constructor(device: GPUDevice, isDisposed: () => boolean) {
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#error ??= asBackendError(event.error);
    });
    void device.lost.then((info) => {
      if (!isDisposed()) this.#lost = deviceLost(info.message || info.reason);
    });
  }

  /** @throws BackendError ERR_DEVICE_LOST at once, without waiting */
  throwIfLost(): void {
    if (this.#lost) throw this.#lost;
  }

  /** Throws the first report since the last call. @throws BackendError ERR_DEVICE_LOST, ERR_OUT_OF_MEMORY, ERR_GPU */
  throwIfAny(): void {
    this.throwIfLost();
    const error = this.#error;
    this.#error = null;
    if (error) throw error;
  }

  /** The reason behind a rejected wait. */
  async explain(cause: unknown): Promise<never> {
    await new Promise((resolve) => setTimeout(resolve, 0)); // the loss is told in a task of its own
    this.throwIfAny();
    throw gpuError(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function deviceLost(reason: string): BackendError {
  return new BackendError(
    "ERR_DEVICE_LOST",
    `webgpu: expected a working device, got a lost one (${reason}). Load the model again; if it happens again, use backend "cpu".`,
  );
}

/** By name, since Node has no global GPUOutOfMemoryError. An allocation's message names the tensor. */
function asBackendError(error: GPUError): BackendError {
  if (error.constructor.name !== "GPUOutOfMemoryError") return gpuError(error.message);
  return new BackendError(
    "ERR_OUT_OF_MEMORY",
    `webgpu: expected device memory for a tensor, got: ${error.message} Dispose of runs and models, or use a smaller context.`,
  );
}

function gpuError(message: string, cause?: unknown): BackendError {
  return new BackendError(
    "ERR_GPU",
    `webgpu: expected the device to accept the work, got: ${message} Report this with the output of vitrine doctor.`,
    { cause },
  );
}
