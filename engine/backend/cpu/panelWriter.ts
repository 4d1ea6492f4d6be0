import type { WeightBytes } from "../backend.ts";
import { isPackedBytes, weightLength, weightSlice, widen } from "../widen.ts";
import type { CpuTensor } from "./cpuTensor.ts";
import type { Kernels } from "./kernels.ts";
import type { PanelLayout } from "./panelLayout.ts";
import type { Scratch } from "./scratch.ts";

/** Elements that pass through the scratch at a time: whole groups of every format. */
const PIECE = 2 ** 18;

/** Moves the elements of weights between the order of the host and panels. */
export class PanelWriter {
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #scratch: Scratch;

  constructor(memory: WebAssembly.Memory, kernels: Kernels, scratch: Scratch) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#scratch = scratch;
  }

  /** Checked bytes of a weight, from element `offset` on. */
  write(target: CpuTensor, panels: PanelLayout, offset: number, bytes: WeightBytes): void {
    const count = weightLength(bytes);
    for (let from = 0; from < count; from += PIECE) {
      const to = Math.min(from + PIECE, count);
      this.#writePiece(target, panels, offset + from, to - from, weightSlice(bytes, from, to));
    }
  }

  /** Elements of a weight of f32 or bf16, widened. */
  read(source: CpuTensor, offset: number, count: number): Float32Array {
    const values = new Float32Array(count);
    for (let from = 0; from < count; from += PIECE) {
      const length = Math.min(PIECE, count - from);
      const stage = this.#scratch.reserve(4 * length);
      this.#kernels.readElements(source.address, offset + from, length, stage);
      values.set(new Float32Array(this.#memory.buffer, stage, length), from);
    }
    return values;
  }

  #writePiece(
    { address, dtype }: CpuTensor,
    { group }: PanelLayout,
    offset: number,
    count: number,
    bytes: WeightBytes,
  ): void {
    const stage = this.#scratch.reserve(4 * count);
    const { buffer } = this.#memory;
    if (dtype === "f32") widen(bytes, new Float32Array(buffer, stage, count), 0);
    else new Uint8Array(buffer, stage).set(bytes.data);
    this.#kernels.writeElements(address, offset, count, stage);
    if (dtype === "f32" || !isPackedBytes(bytes)) return;
    new Uint8Array(buffer, stage).set(bytes.scales);
    this.#kernels.writeScales(address, offset / group, count / group, stage);
  }
}
