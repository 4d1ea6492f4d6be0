import { elementCount, rowSize } from "../../checkOperator.ts";
import type { Matmul, SwiGlu } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { type ProductShape, productParams } from "../products/productForm.ts";
import { type ProductVariant, productForms } from "../products/productForms.ts";
import { entry } from "../wgsl/entry.ts";
import { EXP, SILU } from "../wgsl/math.ts";
import { STEP_TOKENS } from "./batchedMatmul.ts";
import { type ProductColumns, productColumns } from "./byteColumns.ts";
import type { CompileTarget } from "./compileTarget.ts";

/** Two products of one x, and the gate over them. */
export interface Gated {
  readonly gate: Matmul;
  readonly up: Matmul;
  readonly swiGlu: SwiGlu;
}

/** The three in one dispatch, which reads x once: the same outputs, the products' among them, with the same bits. */
export function compileGated(op: Gated, on: CompileTarget): readonly Kernel[] {
  const k = rowSize(op.gate.weight);
  const n = elementCount(op.gate.weight) / k;
  const columns = productColumns(op.gate.x, [op.gate.weight, op.up.weight], STEP_TOKENS, [k], on);
  const { unit, hasScales } = columns;
  const shape: ProductShape = { unit, k, n, weights: ["gateWeight", "upWeight"], hasScales };
  const products = productForms(shape, on).map((variant) => kernel(op, shape, columns, variant));
  return [...columns.kernels, ...products];
}

function kernel(
  { gate, up, swiGlu }: Gated,
  shape: ProductShape,
  columns: ProductColumns,
  { form, applies }: ProductVariant,
): Kernel {
  const { unit, k, n } = shape;
  const params = productParams(shape, form);
  const products = (): string =>
    form.statements({
      x: "x",
      weightUnit: (row) => `${row} * params.units`,
      columnUnit: (c) => `min(firstToken + ${c}, step.nTokens - 1u) * params.units`,
      store: `      let t = firstToken + c;
      if (t < step.nTokens) {
        let at = t * params.nRows + n;
        let g = value${gate.bias ? " + gateBias(n)" : ""};
        let u = value1${up.bias ? " + upBias(n)" : ""};
        gate[at] = g;
        up[at] = u;
        out[at] = silu(g) * u;
      }`,
    });
  return {
    label: `gated products ${n}x${k}`,
    bindings: [
      columns.binding,
      reads("gateWeight", gate.weight, unit),
      reads("upWeight", up.weight, unit),
      ...(gate.bias ? [reads("gateBias", gate.bias)] : []),
      ...(up.bias ? [reads("upBias", up.bias)] : []),
      writes("gate", gate.out),
      writes("up", up.out),
      writes("out", swiGlu.out),
    ],
    params,
    subgroups: form.subgroups,
    body: () => `${EXP}${SILU}${columns.functions}
${form.memory}
${entry(
  form.size,
  `  let rowTile = wg % params.rowTiles;
  let firstToken = wg / params.rowTiles * ${form.columns}u;
  if (firstToken >= step.nTokens) { return; }
${products()}`,
  form.subgroups,
)}`,
    workgroups: ({ nTokens }) =>
      applies(nTokens) ? params.rowTiles * Math.ceil(nTokens / form.columns) : 0,
  };
}
