import { accumulate } from "../wgsl/units.ts";
import {
  lines,
  type ProductForm,
  type ProductPlacement,
  type ProductShape,
  range,
  segmentScales,
  segmentsOf,
  weightUnitAt,
} from "./productForm.ts";

/** Invocations of a workgroup: the width of the vectors that software adapters compute in. */
const SIZE = 8;

/** Units of four columns in a segment. */
const UNITS = 8;

/**
 * For adapters that render with the processor, where workgroup memory is memory like any other, a barrier is a switch
 * between threads, and every element that an invocation loads costs as much as twenty fma: an invocation adds whole
 * products, one lane after the other, of several rows by several columns.
 * @param rowsEach rows of each weight that an invocation adds
 * @param leastSubgroup invocations of the device's smallest subgroups, a power of two: from 4 on, each unit of the columns is
 * loaded once for a subgroup, by its first eight invocations or by all four. 0: by every invocation
 */
export function laneForm(
  shape: ProductShape,
  rowsEach: number,
  columns: number,
  leastSubgroup: number,
): ProductForm {
  const { weights, unit } = shape;
  const sharing = unit === 4 ? Math.min(UNITS, leastSubgroup) : 0;
  const rows = range(rowsEach);
  const all = range(columns);
  const perWeight = rowsEach * columns;
  const products = range(weights.length * perWeight);
  const statements = ({ x, weightUnit, columnUnit, store }: ProductPlacement): string => {
    const added = lines(weights, (_, w) =>
      lines(
        rows,
        (r) => `      { let v = ${weightUnitAt(shape, w, r)};
${lines(all, (c) => `        ${accumulate(`sum${w * perWeight + r * columns + c}`, "v", `x${c}`, unit)}`)}
      }`,
      ),
    );
    const segment =
      sharing === 0
        ? unshared(x, columns, added)
        : lines(range(UNITS / sharing), (s) => shared(x, columns, added, sharing, s));
    return `
  let firstRow = rowTile * ${SIZE * rowsEach}u + lid;
${lines(rows, (r) => `  let at${r} = ${weightUnit(`min(firstRow + ${r * SIZE}u, params.nRows - 1u)`)};`)}
${lines(all, (c) => `  let from${c} = ${columnUnit(`${c}u`)};`)}
${lines(products, (i) => `  var total${i} = 0.0;`)}
  for (var lane = 0u; lane < params.lanes; lane++) {
${lines(products, (i) => `  var sum${i} = 0.0;`)}
  ${segmentsOf(
    "lane",
    `${segmentScales(shape, rowsEach)}
${segment}`,
  )}
${lines(products, (i) => `  total${i} += sum${i};`)}
  }
  var totals: array<f32, ${products.length}>;
${lines(products, (i) => `  totals[${i}] = total${i};`)}
  for (var o = 0u; o < params.sums; o++) {
    let n = firstRow + o / ${columns}u * ${SIZE}u;
    let c = o % ${columns}u;
    if (n < params.nRows) {
${lines(weights, (_, w) => `      let value${w || ""} = totals[o${w > 0 ? ` + ${w * perWeight}u` : ""}];`)}
${store}
    }
  }`;
  };
  return {
    size: SIZE,
    rows: SIZE * rowsEach,
    columns,
    subgroups: sharing === 0 ? "none" : "lane",
    canSplitLanes: false,
    memory: "",
    memoryBytes: 0,
    sums: perWeight,
    statements,
  };
}

/** A segment's units, each column's loaded by every invocation. */
function unshared(x: string, columns: number, added: string): string {
  return `    for (var u = first; u < end; u++) {
${lines(range(columns), (c) => `      let x${c} = ${x}(from${c} + u);`)}
${added}
    }`;
}

/** The `s`-th `sharing` units of a segment, of which each invocation of a subgroup loads one. */
function shared(x: string, columns: number, added: string, sharing: number, s: number): string {
  const all = range(columns);
  return `    {
    let begin = first + ${s * sharing}u;
${lines(all, (c) => `    let own${c} = ${x}(from${c} + min(begin + subgroupLane % ${sharing}u, params.units - 1u));`)}
    for (var u = begin; u < min(begin + ${sharing}u, end); u++) {
${lines(all, (c) => `      let x${c} = subgroupShuffle(own${c}, u - begin);`)}
${added}
    }
    }`;
}
