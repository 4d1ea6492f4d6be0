import { BUFFER_USAGE } from "./gpuConstants.ts";

/** Bytes of one buffer, which holds hundreds of kernels' parameters. */
const BUFFER_BYTES = 65_536;

/**
 * The parameters of a device's kernels, each list of numbers once, many in one uniform buffer: a buffer for each kernel would
 * take longer to make than everything else of it. They stay until the device ends; layers and models of one shape share them.
 */
export class ParamsStore {
  readonly #device: GPUDevice;
  readonly #known = new Map<string, GPUBufferBinding>();
  #buffer: GPUBuffer | null = null;
  /** Where the next list goes. */
  #end = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Where the device has `params`, of which there are at most 16384: written there before whatever is submitted next. */
  place(params: Uint32Array): GPUBufferBinding {
    const key = params.join(" ");
    let place = this.#known.get(key);
    if (place === undefined) {
      place = this.#write(params);
      this.#known.set(key, place);
    }
    return place;
  }

  #write(params: Uint32Array): GPUBufferBinding {
    const { queue, limits } = this.#device;
    const size = params.byteLength;
    let offset = this.#end;
    if (this.#buffer === null || offset + size > BUFFER_BYTES) {
      this.#buffer = this.#device.createBuffer({
        label: "params",
        size: BUFFER_BYTES,
        usage: BUFFER_USAGE.uniform | BUFFER_USAGE.copyDestination,
      });
      offset = 0;
    }
    const step = limits.minUniformBufferOffsetAlignment;
    this.#end = Math.ceil((offset + size) / step) * step;
    queue.writeBuffer(this.#buffer, offset, params as Uint32Array<ArrayBuffer>);
    return { buffer: this.#buffer, offset, size };
  }
}
