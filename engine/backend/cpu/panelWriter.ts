import type { WeightBytes } from "../backend.ts";
import type { PackedDType } from "../packed.ts";
import { isPackedBytes, weightLength, weightSlice, widen } from "../widen.ts";
import type { CpuTensor } from "./cpuTensor.ts";
import type { Kernels } from "./kernels.ts";
import { PANEL_ROWS, type PanelLayout } from "./panelLayout.ts";
import { WRITE_NS } from "./prepare/costs.ts";
import type { Split } from "./rangeKernels.ts";
import type { Scratch } from "./scratch.ts";

/** Elements that pass through the scratch at a time: whole groups of every format. */
const PIECE = 2 ** 18;

/** Elements and bytes of a block as files have it, of the formats that kernels take apart; see wasm/blocks.ts. */
const BLOCKS: { readonly [D in PackedDType]?: { readonly group: number; readonly bytes: number } } =
  {
    q8_0: { group: 32, bytes: 34 },
    q4_0: { group: 32, bytes: 18 },
    q4_k: { group: 256, bytes: 144 },
    q5_k: { group: 256, bytes: 176 },
    q6_k: { group: 256, bytes: 210 },
  };

/** Elements that so many bytes of blocks hold; null where no kernel takes such blocks apart. */
export function blockElements(dtype: PackedDType, byteLength: number): number | null {
  const block = BLOCKS[dtype];
  return block === undefined ? null : (byteLength / block.bytes) * block.group;
}

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
  write(target: CpuTensor, panels: PanelLayout, offset: number, bytes: WeightBytes, split: Split) {
    const count = weightLength(bytes);
    const areWhole = arePanels(panels, offset, count) && hasUnits(panels);
    const unit = panelElements(panels);
    const piece = areWhole ? Math.max(1, Math.floor(PIECE / unit)) * unit : PIECE;
    for (let from = 0; from < count; from += piece) {
      const to = Math.min(from + piece, count);
      const part = weightSlice(bytes, from, to);
      if (areWhole)
        this.#writePanels(target, (offset + from) / unit, (to - from) / unit, part, split);
      else this.#writePiece(target, panels, offset + from, to - from, part);
    }
  }

  /**
   * Blocks as files have them, `count` elements from `offset` on.
   * @returns false, with anything in these rows, unless they are whole panels whose scales are all finite
   */
  writeBlocks(
    { address }: CpuTensor,
    panels: PanelLayout,
    offset: number,
    count: number,
    blocks: Uint8Array,
    split: Split,
  ): boolean {
    if (!arePanels(panels, offset, count)) return false;
    const unit = panelElements(panels);
    const stage = this.#scratch.reserve(blocks.byteLength);
    new Uint8Array(this.#memory.buffer, stage).set(blocks);
    const work = { total: count / unit, ns: count * WRITE_NS };
    return split("writeBlocks", work, [address, offset / unit, stage]) < 0;
  }

  /** Elements of a weight, widened; of packed ones code times scale. */
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

  #writePanels(
    target: CpuTensor,
    firstPanel: number,
    panels: number,
    bytes: WeightBytes,
    split: Split,
  ): void {
    const count = weightLength(bytes);
    const work = { total: panels, ns: count * WRITE_NS };
    if (bytes.dtype === "f16") {
      const halves = this.#scratch.reserve(2 * count);
      new Uint8Array(this.#memory.buffer, halves).set(bytes.data);
      split("writeHalfPanels", work, [target.address, firstPanel, halves]);
    } else {
      const stage = this.#stage(target, count, bytes);
      split("writePanels", work, [target.address, firstPanel, stage]);
    }
  }

  #writePiece(
    target: CpuTensor,
    { group }: PanelLayout,
    offset: number,
    count: number,
    bytes: WeightBytes,
  ): void {
    const { address, dtype } = target;
    const stage = this.#stage(target, count, bytes);
    this.#kernels.writeElements(address, offset, count, stage);
    if (dtype === "f32" || !isPackedBytes(bytes)) return;
    new Uint8Array(this.#memory.buffer, stage).set(bytes.scales);
    this.#kernels.writeScales(address, offset / group, count / group, stage);
  }

  /** The elements, or codes, as the weight has them, one after the other. */
  #stage({ dtype }: CpuTensor, count: number, bytes: WeightBytes): number {
    const stage = this.#scratch.reserve(4 * count);
    const { buffer } = this.#memory;
    if (dtype === "f32") widen(bytes, new Float32Array(buffer, stage, count), 0);
    else new Uint8Array(buffer, stage).set(bytes.data);
    return stage;
  }
}

function panelElements({ columns }: PanelLayout): number {
  return PANEL_ROWS * columns;
}

/** Are these elements whole panels of eight rows? */
function arePanels(panels: PanelLayout, offset: number, count: number): boolean {
  const unit = panelElements(panels);
  const isRagged = panels.matrices > 1 && panels.rows % PANEL_ROWS > 0;
  return !isRagged && offset % unit === 0 && count % unit === 0;
}

/** Is a row of whole words of 32 bits, without scales? */
function hasUnits({ kind, columns }: PanelLayout): boolean {
  return kind === "f32" || (kind === "bf16" && columns % 2 === 0);
}
