import { isPacked, PACKED_FORMATS, type PackedDType, packedLayout } from "../packed.ts";

export type WeightKind = "f32" | "bf16" | PackedDType;

/** Numbers of the kinds in a descriptor; see wasm/panels.ts. */
const KINDS: Readonly<Record<WeightKind, number>> = {
  f32: 0,
  bf16: 1,
  f8e4m3: 2,
  q8_0: 3,
  mxfp4: 4,
  q4_0: 5,
  q4_k: 6,
  q5_k: 7,
  q6_k: 8,
};

/** Rows of a matrix that lie interleaved in one panel. */
export const PANEL_ROWS = 8;

/** Before the panels: what the kernels have to know of them. Like the allocator's own books it is no part of a tensor's size. */
export const DESCRIPTOR_BYTES = 64;

/** How a weight of two or more axes lies in memory: panels of eight rows of the matrices of its last two axes; see wasm/panels.ts. */
export interface PanelLayout {
  readonly kind: WeightKind;
  /** Matrices of the weight, and the rows and columns of each. */
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
  /** Panels of each matrix. */
  readonly panels: number;
  readonly panelBytes: number;
  /** Elements that share a scale; 0 without scales. */
  readonly group: number;
  /** From the first panel. */
  readonly scaleStart: number;
  readonly scaleBytesOfPanel: number;
  readonly sizeBytes: number;
}

/** @throws ShapeError ERR_SHAPE for a packed weight whose rows are not of whole groups */
export function panelLayout(kind: WeightKind, shape: readonly number[]): PanelLayout {
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const matrices = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const panels = panelsOf(rows);
  const [group, scaleBytes, codeBits] = isPacked(kind)
    ? [
        packedLayout(kind, shape).group,
        PACKED_FORMATS[kind].scaleBytes,
        PACKED_FORMATS[kind].codeBits,
      ]
    : [0, 0, kind === "bf16" ? 16 : 32];
  const stored = kind === "bf16" ? columns + (columns % 2) : columns;
  const panelBytes = (PANEL_ROWS * stored * codeBits) / 8;
  const scaleBytesOfPanel = group === 0 ? 0 : PANEL_ROWS * (columns / group) * scaleBytes;
  const scaleStart = matrices * panels * panelBytes;
  return {
    ...{ kind, matrices, rows, columns, panels, panelBytes, group, scaleStart, scaleBytesOfPanel },
    sizeBytes: scaleStart + matrices * panels * scaleBytesOfPanel,
  };
}

/** Panels of a matrix of so many rows. */
export function panelsOf(rows: number): number {
  return Math.ceil(rows / PANEL_ROWS);
}

/** Writes the descriptor of a weight that lies at `address`, and zeros into the last panel of every matrix. */
export function layPanels(buffer: ArrayBufferLike, address: number, layout: PanelLayout): void {
  const { kind, rows, columns, group, panels, panelBytes, scaleStart, scaleBytesOfPanel } = layout;
  const codes = address + DESCRIPTOR_BYTES;
  const scales = codes + scaleStart;
  new Uint32Array(buffer, address, 8).set([
    ...[KINDS[kind], rows, columns, group === 0 ? 0 : Math.log2(group)],
    ...[codes, scales, panelBytes, scaleBytesOfPanel],
  ]);
  if (rows % PANEL_ROWS === 0) return;
  for (let last = panels - 1; last < layout.matrices * panels; last += panels) {
    new Uint8Array(buffer, codes + last * panelBytes, panelBytes).fill(0);
    new Uint8Array(buffer, scales + last * scaleBytesOfPanel, scaleBytesOfPanel).fill(0);
  }
}
