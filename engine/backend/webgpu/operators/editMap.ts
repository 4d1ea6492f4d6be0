import type { EditMap } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { NAN_BITS, NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";
import { workgroupTree } from "../wgsl/tree.ts";
import { bitsOf, NEW_BITS } from "./edit.ts";

const SIZE = 64;

/** One workgroup per query and head, which copies the row and changes its cells on the way. Bits travel as they are. */
export function compileEditMap(op: EditMap): readonly Kernel[] {
  const { action, headStart, headCount, values } = op;
  const [, nHeads = 0, width = 0] = op.x.shape;
  const readsCell = action === "scale" || action === "add" || action === "project";
  const value = NEW_BITS[action].replaceAll("v(j)", "values(given + s)");
  return [
    {
      label: `editMap ${action}`,
      bindings: [
        reads("x", op.x),
        reads("rows", op.rows),
        ...(values ? [reads("values", values)] : []),
        writes("result", op.out, "u32"),
      ],
      params: {
        nHeads,
        width,
        headStart,
        headCount,
        nRows: values?.shape[0] ?? 2 ** 31,
        nGiven: values?.shape[1] ?? width,
        factor: bitsOf(op.factor),
        nan: NAN_BITS,
      },
      body: () => `${action === "project" ? `var<workgroup> sums: array<f32, ${SIZE}>;` : ""}
fn isSeen(score: f32) -> bool { return bitcast<u32>(score) != ${NEGATIVE_INFINITY_BITS}; }
${entry(
  SIZE,
  `  if (wg >= step.nTokens * params.nHeads) { return; }
  let token = wg / params.nHeads;
  let start = wg * params.width;
  let row = rows(token);
  let isChanged = row >= 0 && wg % params.nHeads - params.headStart < params.headCount;
  let exists = row >= 0 && u32(row) < params.nRows;
  let given = select(0u, u32(row), exists) * params.nGiven;
  let nCells = min(step.start + token + 1u, params.nGiven);
  let factor = bitcast<f32>(params.factor);
${action === "project" ? shareOfDirection() : ""}
  for (var s = lid; s < params.width; s += ${SIZE}u) {
    let old = x(start + s);
    if (!isChanged || s >= nCells${readsCell ? " || !isSeen(old)" : ""}) { result[start + s] = bitcast<u32>(old); }
    else if (!exists) { result[start + s] = params.nan; }
    else { result[start + s] = ${value}; }
  }`,
)}`,
      workgroups: (step) => step.nTokens * nHeads,
    },
  ];
}

/** Leaves `reduced`, the sum of `factor` times the direction over the cells that are seen, in every invocation. */
function reduce(reduced: string, factor: string): string {
  return `  var ${reduced}Part = 0.0;
  for (var s = lid; s < nCells; s += ${SIZE}u) {
    let old = x(start + s);
    if (isSeen(old)) { ${reduced}Part = fma(${factor}, values(given + s), ${reduced}Part); }
  }
  sums[lid] = ${reduced}Part;
${workgroupTree("sums", SIZE)}
  let ${reduced} = sums[0];
  workgroupBarrier();`;
}

function shareOfDirection(): string {
  return `${reduce("square", "values(given + s)")}
${reduce("product", "old")}
  let share = product / square;`;
}
