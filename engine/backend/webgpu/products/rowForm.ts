import { accumulate } from "../wgsl/units.ts";
import {
  lanesFor,
  lines,
  type ProductForm,
  type ProductPlacement,
  type ProductShape,
  range,
  segmentsOf,
} from "./productForm.ts";

/** Invocations of a workgroup. */
const SIZE = 64;

/**
 * For few columns: neighbouring invocations are the lanes of one row, so that a workgroup reads whole stretches of
 * weights once, and each invocation keeps sums for several rows. Workgroup memory joins the lanes.
 * @param rowsEach rows of each weight that an invocation adds
 */
export function rowForm(shape: ProductShape, rowsEach: number, columns: number): ProductForm {
  const { weights, unit } = shape;
  const teams = SIZE / lanesFor(shape.k);
  const rows = range(rowsEach);
  const all = range(columns);
  const perWeight = rowsEach * columns;
  const sums = weights.flatMap((_, w) =>
    rows.flatMap((r) => all.map((c) => `sum${w * perWeight + r * columns + c}`)),
  );
  const statements = ({ x, weightUnit, columnUnit, store }: ProductPlacement): string => `
  let lane = lid % params.lanes;
  let team = lid / params.lanes;
  let firstRow = rowTile * ${teams * rowsEach}u;
${lines(rows, (r) => `  let at${r} = ${weightUnit(`min(firstRow + ${r * teams}u + team, params.nRows - 1u)`)};`)}
${lines(all, (c) => `  let from${c} = ${columnUnit(`${c}u`)};`)}
${lines(sums, (sum) => `  var ${sum} = 0.0;`)}
  ${segmentsOf(
    "lane",
    `    for (var u = first; u < end; u++) {
${lines(all, (c) => `      let x${c} = ${x}(from${c} + u);`)}
${lines(weights, (weight, w) =>
  lines(
    rows,
    (r) => `      { let v = ${weight}(at${r} + u);
${lines(all, (c) => `        ${accumulate(`sum${w * perWeight + r * columns + c}`, "v", `x${c}`, unit)}`)}
      }`,
  ),
)}
    }`,
  )}
${lines(sums, (sum, i) => `  partials[${i * SIZE}u + lid] = ${sum};`)}
  workgroupBarrier();
  for (var o = lid; o < ${teams * perWeight}u; o += ${SIZE}u) {
    let row = o % ${teams * rowsEach}u;
    let c = o / ${teams * rowsEach}u;
    let n = firstRow + row;
    if (n < params.nRows) {
      let place = (row / ${teams}u * ${columns}u + c) * ${SIZE}u + row % ${teams}u * params.lanes;
${lines(
  weights,
  (_, w) => `      var value${w || ""} = 0.0;
      for (var l = 0u; l < params.lanes; l++) { value${w || ""} += partials[${w * perWeight * SIZE}u + place + l]; }`,
)}
${store}
    }
  }`;
  return {
    size: SIZE,
    rows: teams * rowsEach,
    columns,
    subgroups: false,
    memory: `var<workgroup> partials: array<f32, ${SIZE * sums.length}>;`,
    memoryBytes: 4 * SIZE * sums.length,
    sums: sums.length,
    statements,
  };
}
