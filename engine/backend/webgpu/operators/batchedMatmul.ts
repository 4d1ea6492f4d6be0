import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import { type Kernel, type ReadBinding, reads, writes } from "../kernel.ts";
import { DOT_SIZE, type DotShape, dotMemory, dotParams, dotProducts, unitOf } from "../wgsl/dot.ts";
import { entry } from "../wgsl/entry.ts";

/** Where the element (row, batch, 0) of an operand stands: row * rowStride + batch * batchStride. */
interface Strides {
  readonly row: number;
  readonly batch: number;
}

/** out[t, b, n] = sum over k of weight[b, n, k] x[t, b, k], for every token t of the step. */
interface BatchedMatmul {
  readonly label: string;
  readonly k: number;
  readonly n: number;
  readonly batches: number;
  readonly x: DeviceTensor;
  readonly xStrides: Strides; // row = token
  readonly weight: DeviceTensor;
  readonly weightStrides: Strides; // row = n
  readonly out: DeviceTensor;
  readonly outStrides: Strides; // row = token; n is contiguous
  readonly tokens: TokenCount;
  /** Further inputs of the epilogue. */
  readonly inputs?: readonly ReadBinding[];
  /** WGSL expression of the stored number, of `value`, `n` and `at` (its index in out). */
  readonly epilogue?: string;
  /** Elements after row N - 1 that a batch also owns: `count` of them, copied from x[t, b, K] on. */
  readonly tail?: number;
}

/** The tokens of an operator, in WGSL and in TypeScript. */
interface TokenCount {
  readonly wgsl: string;
  count(step: Step): number;
}

export const STEP_TOKENS: TokenCount = { wgsl: "step.nTokens", count: (step) => step.nTokens };
export const CACHED_TOKENS: TokenCount = {
  wgsl: "(step.start + step.nTokens)",
  count: (step) => step.start + step.nTokens,
};
export const ONE_TOKEN: TokenCount = { wgsl: "1u", count: () => 1 };

/** Two shaders of one family, for a single token and for many; they give each product the same bits. */
export function batchedMatmul(op: BatchedMatmul): readonly Kernel[] {
  return [
    variant(op, { rows: 4, columns: 1 }, (tokens) => tokens === 1),
    variant(op, { rows: 4, columns: 4 }, (tokens) => tokens > 1),
  ];
}

function variant(
  op: BatchedMatmul,
  tile: { rows: number; columns: number },
  applies: (tokens: number) => boolean,
): Kernel {
  const { xStrides: x, weightStrides: w, outStrides: o } = op;
  const unit = unitOf(op.k, x.row, x.batch, w.row, w.batch);
  const shape: DotShape = { unit, ...tile, weights: ["weight"] };
  const dot = dotParams(shape, op.k, op.n);
  const products = dotProducts(shape, {
    x: "x",
    weightUnit: (n) => `${n} * params.weightRow + batch * params.weightBatch`,
    columnUnit: (c) =>
      `min(firstToken + ${c}u, nTokens - 1u) * params.xRow + batch * params.xBatch`,
    store: `      let t = firstToken + c;
      if (t < nTokens) {
        let at = t * params.outRow + batch * params.outBatch + n;
        out[at] = ${op.epilogue ?? "value"};
      }`,
  });
  return {
    label: `${op.label} ${op.batches}x${op.n}x${op.k}`,
    bindings: [
      reads("x", op.x, unit),
      reads("weight", op.weight, unit),
      ...(op.inputs ?? []),
      writes("out", op.out),
    ],
    params: {
      ...dot,
      batches: op.batches,
      xRow: x.row / unit,
      xBatch: x.batch / unit,
      weightRow: w.row / unit,
      weightBatch: w.batch / unit,
      outRow: o.row,
      outBatch: o.batch,
      tail: op.tail ?? 0,
    },
    body: `${dotMemory(shape)}
${entry(
  DOT_SIZE,
  `  let nTokens = ${op.tokens.wgsl};
  let rowTile = wg % params.rowTiles;
  let batch = wg / params.rowTiles % params.batches;
  let firstToken = wg / params.rowTiles / params.batches * ${tile.columns}u;
  if (firstToken >= nTokens) { return; }
${products}
${op.tail === undefined ? "" : copyTail(tile.columns, unit)}`,
)}`,
    workgroups: (step) => {
      const tokens = op.tokens.count(step);
      return applies(tokens) ? dot.rowTiles * op.batches * Math.ceil(tokens / tile.columns) : 0;
    },
  };
}

/** The first row tile of a batch also copies the batch's tail. */
function copyTail(columns: number, unit: 1 | 4): string {
  return `  if (rowTile == 0u) {
    for (var i = lid; i < params.tail * ${columns}u; i += ${DOT_SIZE}u) {
      let t = firstToken + i / params.tail;
      if (t < nTokens) {
        let source = (t * params.xRow + batch * params.xBatch + params.units) * ${unit}u + i % params.tail;
        let at = t * params.outRow + batch * params.outBatch + params.nRows + i % params.tail;
        out[at] = ${unit === 4 ? "x(source / 4u)[source % 4u]" : "x(source)"};
      }
    }
  }`;
}
