import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { BackendError } from "../../base/errors.ts";
import { describeAdapter, maximalLimits } from "./adapter.ts";
import { WebGpuBackend } from "./webGpuBackend.ts";

export interface WebGpuBackendOptions {
  /** From `navigator.gpu.requestAdapter()` or the Node module `webgpuAdapter.node.ts`. An adapter gives one device. */
  readonly adapter: GPUAdapter;
  /** Called once by `dispose`, e.g. to let go of what had to outlive the device. */
  readonly release?: () => void;
  /** Bytes of one binding at most; default: what the device allows. A smaller number splits matrices sooner. */
  readonly maxBindingBytes?: number;
}

const WEBGPU_BACKEND_OPTIONS: OptionNames<WebGpuBackendOptions> = {
  adapter: true,
  release: true,
  maxBindingBytes: true,
};

/** Opens a device with the adapter's largest limits. @throws BackendError ERR_NO_DEVICE; InputError ERR_OPTION */
export async function createWebGpuBackend(options: WebGpuBackendOptions): Promise<WebGpuBackend> {
  checkOptions("createWebGpuBackend", options, WEBGPU_BACKEND_OPTIONS);
  const { adapter, release, maxBindingBytes } = options;
  const description = describeAdapter(adapter);
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      label: "vitrine",
      requiredLimits: maximalLimits(adapter),
    });
  } catch (cause) {
    throw new BackendError(
      "ERR_NO_DEVICE",
      `webgpu: expected a device from ${description.description || description.device}, got: ${cause instanceof Error ? cause.message : String(cause)}. Update the driver, or use backend "cpu".`,
      { cause },
    );
  }
  return new WebGpuBackend(device, description, {
    maxBindingBytes: maxBindingBytes ?? Number.POSITIVE_INFINITY,
    onDispose: () => release?.(),
  });
}
