import { rowSize } from "../../checkOperator.ts";
import type { Edit, EditAction } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { NAN_BITS } from "../wgsl/math.ts";
import { normSize } from "../wgsl/meanSquare.ts";
import { workgroupTree } from "../wgsl/tree.ts";

/** `value`, the new bits of `old`; `v(j)` is its value, `share` what the row was reduced to. */
export const NEW_BITS: Readonly<Record<EditAction, string>> = {
  zero: "0u",
  scale: "bitcast<u32>(select(old * factor, old, factor == 1.0))",
  add: "bitcast<u32>(select(old + v(j), old, v(j) == 0.0))",
  replace: "bitcast<u32>(v(j))",
  project: "bitcast<u32>(select(old - v(j) * share, old, square == 0.0))",
  average: "bitcast<u32>(share)",
};

/** One workgroup per row, which copies it and changes the columns on the way. Bits travel as they are. */
export function compileEdit(op: Edit): readonly Kernel[] {
  const { action, columnStart, columnCount, values } = op;
  const width = rowSize(op.x);
  const size = normSize(columnCount);
  const value = NEW_BITS[action].replaceAll("v(j)", "values(given + j)");
  return [
    {
      label: `edit ${action}`,
      bindings: [
        reads("x", op.x),
        reads("rows", op.rows),
        ...(values ? [reads("values", values)] : []),
        writes("result", op.out, "u32"),
      ],
      params: {
        width,
        columnStart,
        columnCount,
        nRows: values?.shape[0] ?? 2 ** 31,
        factor: bitsOf(op.factor),
        nan: NAN_BITS,
      },
      body: () => `${action === "project" || action === "average" ? `var<workgroup> sums: array<f32, ${size}>;` : ""}
${entry(
  size,
  `  if (wg >= step.nTokens) { return; }
  let start = wg * params.width;
  let row = rows(wg);
  let exists = row >= 0 && u32(row) < params.nRows;
  let given = select(0u, u32(row), exists) * params.columnCount;
  let factor = bitcast<f32>(params.factor);
${action === "project" ? shareOfDirection(size) : action === "average" ? meanOfColumns(size) : ""}
  for (var i = lid; i < params.width; i += ${size}u) {
    let old = x(start + i);
    let j = i - params.columnStart;
    if (row < 0 || j >= params.columnCount) { result[start + i] = bitcast<u32>(old); }
    else if (!exists) { result[start + i] = params.nan; }
    else { result[start + i] = ${value}; }
  }`,
)}`,
      workgroups: (step) => step.nTokens,
    },
  ];
}

/** Leaves `reduced`, the sum of `term` over the columns, in every invocation. */
function reduce(reduced: string, term: string, size: number): string {
  return `  var ${reduced}Part = 0.0;
  for (var j = lid; j < params.columnCount; j += ${size}u) {
    let old = x(start + params.columnStart + j);
    ${reduced}Part ${term};
  }
  sums[lid] = ${reduced}Part;
${workgroupTree("sums", size)}
  let ${reduced} = sums[0];
  workgroupBarrier();`;
}

function shareOfDirection(size: number): string {
  return `${reduce("square", "= fma(values(given + j), values(given + j), squarePart)", size)}
${reduce("product", "= fma(old, values(given + j), productPart)", size)}
  let share = product / square;`;
}

function meanOfColumns(size: number): string {
  return `${reduce("total", "+= old", size)}
  let share = total / f32(params.columnCount);`;
}

export function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}
