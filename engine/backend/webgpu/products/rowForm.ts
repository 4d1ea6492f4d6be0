import { accumulate } from "../wgsl/units.ts";
import {
  lanesFor,
  lines,
  type ProductForm,
  type ProductPlacement,
  type ProductShape,
  range,
  segmentScales,
  segmentsOf,
  weightUnitAt,
} from "./productForm.ts";
import type { Subgroups } from "./subgroups.ts";

/** Invocations of a workgroup. */
const SIZE = 64;

/**
 * For few columns: neighbouring invocations are the lanes of one row, so that a workgroup reads whole stretches of
 * weights once, and each invocation keeps sums for several rows. Workgroup memory joins the lanes, or an exchange in the subgroup
 * that has all of them, which needs no barrier.
 * @param rowsEach rows of each weight that an invocation adds
 * @param subgroups null: join through workgroup memory
 */
export function rowForm(
  shape: ProductShape,
  rowsEach: number,
  columns: number,
  subgroups: Subgroups | null = null,
): ProductForm {
  const { weights, unit } = shape;
  const teams = SIZE / lanesFor(shape.k);
  const isExchanged = subgroups?.areNumbered === true && subgroups.least >= lanesFor(shape.k);
  const rows = range(rowsEach);
  const all = range(columns);
  const perWeight = rowsEach * columns;
  const sums = weights.flatMap((_, w) =>
    rows.flatMap((r) => all.map((c) => `sum${w * perWeight + r * columns + c}`)),
  );
  const statements = ({ x, weightUnit, columnUnit, store }: ProductPlacement): string => `
  let place = ${isExchanged ? "subgroupNumber * subgroupSize + subgroupLane" : "lid"};
  let lane = place % params.lanes;
  let team = place / params.lanes;
  let firstRow = rowTile * ${teams * rowsEach}u;
${lines(rows, (r) => `  let at${r} = ${weightUnit(`min(firstRow + ${r * teams}u + team, params.nRows - 1u)`)};`)}
${lines(all, (c) => `  let from${c} = ${columnUnit(`${c}u`)};`)}
${lines(sums, (sum) => `  var ${sum} = 0.0;`)}
  ${segmentsOf(
    "lane",
    `${segmentScales(shape, rowsEach)}
    for (var u = first; u < end; u++) {
${lines(all, (c) => `      let x${c} = ${x}(from${c} + u);`)}
${lines(weights, (_, w) =>
  lines(
    rows,
    (r) => `      { let v = ${weightUnitAt(shape, w, r)};
${lines(all, (c) => `        ${accumulate(`sum${w * perWeight + r * columns + c}`, "v", `x${c}`, unit)}`)}
      }`,
  ),
)}
    }`,
  )}
${isExchanged ? exchanged(store) : joined(store)}`;
  /** Every invocation has the total of every sum of its team, and stores some. */
  const exchanged = (store: string): string => `  var totals: array<f32, ${sums.length}>;
  for (var l = 0u; l < params.lanes; l++) {
    let source = subgroupLane - lane + l;
${lines(sums, (sum, i) => `    totals[${i}] += subgroupShuffle(${sum}, source);`)}
  }
  for (var o = lane; o < params.sums; o += params.lanes) {
    let n = firstRow + o / ${columns}u * ${teams}u + team;
    let c = o % ${columns}u;
    if (n < params.nRows) {
${lines(weights, (_, w) => `      let value${w || ""} = totals[o${w > 0 ? ` + ${w * perWeight}u` : ""}];`)}
${store}
    }
  }`;
  const joined = (
    store: string,
  ): string => `${lines(sums, (sum, i) => `  partials[${i * SIZE}u + lid] = ${sum};`)}
  workgroupBarrier();
  for (var o = lid; o < ${teams * perWeight}u; o += ${SIZE}u) {
    let row = o % ${teams * rowsEach}u;
    let c = o / ${teams * rowsEach}u;
    let n = firstRow + row;
    if (n < params.nRows) {
      let first = (row / ${teams}u * ${columns}u + c) * ${SIZE}u + row % ${teams}u * params.lanes;
${lines(
  weights,
  (_, w) => `      var value${w || ""} = 0.0;
      for (var l = 0u; l < params.lanes; l++) { value${w || ""} += partials[${w * perWeight * SIZE}u + first + l]; }`,
)}
${store}
    }
  }`;
  return {
    size: SIZE,
    rows: teams * rowsEach,
    columns,
    subgroups: isExchanged ? "number" : "none",
    canSplitLanes: false,
    memory: isExchanged ? "" : `var<workgroup> partials: array<f32, ${SIZE * sums.length}>;`,
    memoryBytes: isExchanged ? 0 : 4 * SIZE * sums.length,
    sums: perWeight,
    statements,
  };
}
