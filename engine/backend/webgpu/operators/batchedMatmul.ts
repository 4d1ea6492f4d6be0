import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import { cacheOf, type Kernel, type ReadBinding, reads, stores, writes } from "../kernel.ts";
import { type ProductForm, type ProductShape, productParams } from "../products/productForm.ts";
import { type ProductVariant, productForms } from "../products/productForms.ts";
import { own } from "../tensor.ts";
import { entry } from "../wgsl/entry.ts";
import { type ProductColumns, productColumns } from "./byteColumns.ts";
import type { CompileTarget } from "./compileTarget.ts";
import { joinLanes, type SplitLanes, splitLanes } from "./splitLanes.ts";

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
  /** WGSL expression of the stored number, of `value`, `row` (its row of the weight) and `at` (its index in out). */
  readonly epilogue?: string;
  /** Takes the rows as well, where there is one batch. */
  readonly cache?: DeviceTensor | null;
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

/** A matrix in several buffers that are cut between rows has kernels for each; others are read across the cuts. */
export function batchedMatmul(op: BatchedMatmul, on: CompileTarget): readonly Kernel[] {
  const { parts } = own(op.weight);
  const isCutByRows = parts.every(({ start, size }) => start % op.k === 0 && size % op.k === 0);
  if (parts.length === 1 || op.batches > 1 || !isCutByRows)
    return variants(op, { weight: {}, n: op.n, rowsBefore: 0 }, on);
  return parts.flatMap(({ start, size }, part) =>
    variants(op, { weight: { part }, n: size / op.k, rowsBefore: start / op.k }, on),
  );
}

/** Rows of a weight that one kernel multiplies. */
interface WeightRows {
  readonly weight: { readonly part?: number };
  readonly n: number;
  readonly rowsBefore: number;
}

function variants(op: BatchedMatmul, rows: WeightRows, on: CompileTarget): readonly Kernel[] {
  const { xStrides: x, weightStrides: w } = op;
  const weights = op.batches === 1 ? [op.weight] : []; // by heads: in floats
  const strides = [op.k, x.row, x.batch, w.row, w.batch];
  const columns = productColumns(op.x, weights, op.tokens, strides, on);
  const { unit, hasScales } = columns;
  const shape: ProductShape = { unit, k: op.k, n: rows.n, weights: ["weight"], hasScales };
  const mostTokens = op.out.shape[0] ?? 0;
  const kernel = (variant: ProductVariant, split: SplitLanes | null = null) =>
    productKernel(op, rows, shape, columns, variant, split);
  const products = productForms(shape, on).flatMap((variant): readonly Kernel[] => {
    const split =
      op.tail === undefined ? splitLanes(shape, variant, op.batches, mostTokens, on) : null;
    const whole = kernel(variant);
    if (split === null) return [whole];
    const isSplit = (step: Step) => split.applies(op.tokens.count(step));
    const byLane = kernel(variant, split);
    return [
      { ...whole, workgroups: (step) => (isSplit(step) ? 0 : whole.workgroups(step)) },
      { ...byLane, workgroups: (step) => (isSplit(step) ? byLane.workgroups(step) : 0) },
      joined(op, rows, split, (step) => isSplit(step) && byLane.workgroups(step) > 0),
    ];
  });
  return [...columns.kernels, ...products];
}

/** Statements that store `value` as the product of row `n` and token `t`. */
function storing({ epilogue = "value", cache = null }: BatchedMatmul): string {
  return `        let row = params.rowsBefore + n;
        let at = t * params.outRow + batch * params.outBatch + row;
        ${stores("at", epilogue, cache)}`;
}

function outputs({ inputs = [], out, cache = null }: BatchedMatmul) {
  return [...inputs, writes("out", out), ...cacheOf(cache)];
}

function joined(
  op: BatchedMatmul,
  { n, rowsBefore }: WeightRows,
  split: SplitLanes,
  applies: (step: Step) => boolean,
): Kernel {
  const { label, batches, tokens, outStrides: o } = op;
  const params = { outRow: o.row, outBatch: o.batch, rowsBefore };
  const stored = { bindings: outputs(op), store: storing(op) };
  return joinLanes({ label, params, batches, n, tokens, ...stored }, split, applies);
}

/** @param split adds each lane of K in a workgroup of its own, and stores its sums */
function productKernel(
  op: BatchedMatmul,
  rows: WeightRows,
  shape: ProductShape,
  columns: ProductColumns,
  { form, applies }: ProductVariant,
  split: SplitLanes | null,
): Kernel {
  const { xStrides: x, weightStrides: w, outStrides: o } = op;
  const { unit } = shape;
  const params = productParams(shape, form);
  const products = (): string =>
    form.statements({
      x: "x",
      weightUnit: (n) => `${n} * params.weightRow + batch * params.weightBatch`,
      columnUnit: (c) =>
        `min(firstToken + ${c}, nTokens - 1u) * params.xRow + batch * params.xBatch`,
      ...(split ? { lane: "splitLane" } : {}),
      store: `      let t = firstToken + c;
      if (t < nTokens) {
${split ? "        sums[((splitLane * nTokens + t) * params.batches + batch) * params.nRows + n] = value;" : storing(op)}
      }`,
    });
  return {
    label: `${op.label} ${op.batches}x${shape.n}x${op.k}`,
    bindings: [
      columns.binding,
      { ...reads("weight", op.weight, unit), ...rows.weight },
      ...(split ? [writes("sums", split.sums)] : outputs(op)),
    ],
    params: {
      ...params,
      batches: op.batches,
      xRow: x.row / unit,
      xBatch: x.batch / unit,
      weightRow: w.row / unit,
      weightBatch: w.batch / unit,
      outRow: o.row,
      outBatch: o.batch,
      rowsBefore: rows.rowsBefore,
      tail: op.tail ?? 0,
    },
    subgroups: form.subgroups,
    body: () => `${columns.functions}
${form.memory}
${entry(
  form.size,
  `  let nTokens = ${op.tokens.wgsl};
  let rowTile = wg % params.rowTiles;
  let batch = wg / params.rowTiles % params.batches;
  let tile = wg / params.rowTiles / params.batches;
  let firstToken = ${split ? "tile / params.lanes" : "tile"} * ${form.columns}u;
  if (firstToken >= nTokens) { return; }
${split ? "  let splitLane = tile % params.lanes;" : ""}
${products()}
${op.tail === undefined ? "" : copyTail(form, unit)}`,
  form.subgroups,
)}`,
    workgroups: (step) => {
      const tokens = op.tokens.count(step);
      if (!applies(tokens)) return 0;
      const tiles = params.rowTiles * op.batches * Math.ceil(tokens / form.columns);
      return split ? split.lanes * tiles : tiles;
    },
  };
}

/** The first row tile of a batch also copies the batch's tail. */
function copyTail({ columns, size }: ProductForm, unit: ProductShape["unit"]): string {
  return `  if (rowTile == 0u) {
    for (var i = lid; i < params.tail * ${columns}u; i += ${size}u) {
      let t = firstToken + i / params.tail;
      if (t < nTokens) {
        let source = (t * params.xRow + batch * params.xBatch + params.units) * ${unit}u + i % params.tail;
        let at = t * params.outRow + batch * params.outBatch + params.nRows + i % params.tail;
        out[at] = ${unit === 4 ? "x(source / 4u)[source % 4u]" : "x(source)"};
      }
    }
  }`;
}
