import { accumulate } from "../wgsl/units.ts";
import {
  lines,
  type ProductForm,
  type ProductPlacement,
  type ProductShape,
  range,
  segmentsOf,
} from "./productForm.ts";

/** Elements of a segment, all of which lie in workgroup memory at once. */
const SEGMENT = 32;

/** What accessors give at a time, and its bytes. */
const UNITS = {
  1: { weightType: "f32", columnType: "f32", bytes: 4 },
  4: { weightType: "vec4<f32>", columnType: "vec4<f32>", bytes: 16 },
  32: { weightType: "WeightBlock", columnType: "ColumnBlock", bytes: 48 },
} as const;

/** A tile's measures: invocations along the rows of the weights and along the columns, and what each of them adds. */
interface Tile {
  readonly across: number;
  readonly along: number;
  readonly rowsEach: number;
  readonly columnsEach: number;
}

/**
 * For many columns: a workgroup brings a segment of its rows, decoded once, and of its columns into workgroup memory, and
 * each invocation adds a tile of products from there, one lane after the other.
 */
export function tileForm(shape: ProductShape, tile: Tile): ProductForm {
  const { weights, unit } = shape;
  const { across, along } = tile;
  const size = across * along;
  const rows = range(tile.rowsEach);
  const all = range(tile.columnsEach);
  const nRows = across * tile.rowsEach;
  const nColumns = along * tile.columnsEach;
  const perWeight = tile.rowsEach * tile.columnsEach;
  const products = range(weights.length * perWeight);
  const { weightType, columnType, bytes } = UNITS[unit];
  const units = SEGMENT / unit;
  const stage = (array: string, width: number, source: string) =>
    `    for (var i = lid; i < ${width * units}u; i += ${size}u) {
      let u = i % ${units}u;
      let j = i / ${units}u;
      if (first + u < end) { ${array}[u * ${width}u + j] = ${source}; }
    }`;
  const statements = ({ x, weightUnit, columnUnit, lane, store }: ProductPlacement): string => `
  let firstRow = rowTile * ${nRows}u;
  let ownRow = lid % ${across}u;
  let ownColumn = lid / ${across}u;
${lines(products, (i) => `  var total${i} = 0.0;`)}
  for (var lane = ${lane ?? "0u"}; lane < ${lane ? `${lane} + 1u` : "params.lanes"}; lane++) {
${lines(products, (i) => `  var sum${i} = 0.0;`)}
  ${segmentsOf(
    "lane",
    `${lines(weights, (weight, w) => stage(`weightTile${w}`, nRows, `${weight}(${weightUnit("min(firstRow + j, params.nRows - 1u)")} + first + u)`))}
${stage("columnTile", nColumns, `${x}(${columnUnit("j")} + first + u)`)}
    workgroupBarrier();
    for (var u = 0u; u < end - first; u++) {
${lines(all, (c) => `      let x${c} = columnTile[u * ${nColumns}u + ownColumn + ${c * along}u];`)}
${lines(weights, (_, w) =>
  lines(
    rows,
    (r) => `      { let v = weightTile${w}[u * ${nRows}u + ownRow + ${r * across}u];
${lines(all, (c) => `        ${accumulate(`sum${w * perWeight + r * tile.columnsEach + c}`, "v", `x${c}`, unit)}`)}
      }`,
  ),
)}
    }
    workgroupBarrier();`,
  )}
${lines(products, (i) => `  total${i} += sum${i};`)}
  }
  var totals: array<f32, ${products.length}>;
${lines(products, (i) => `  totals[${i}] = total${i};`)}
  for (var o = 0u; o < params.sums; o++) {
    let n = firstRow + ownRow + o / ${tile.columnsEach}u * ${across}u;
    let c = ownColumn + o % ${tile.columnsEach}u * ${along}u;
    if (n < params.nRows) {
${lines(weights, (_, w) => `      let value${w || ""} = totals[o${w > 0 ? ` + ${w * perWeight}u` : ""}];`)}
${store}
    }
  }`;
  return {
    size,
    rows: nRows,
    columns: nColumns,
    subgroups: "none",
    canSplitLanes: true,
    memory: [
      ...weights.map(
        (_, w) => `var<workgroup> weightTile${w}: array<${weightType}, ${nRows * units}>;`,
      ),
      `var<workgroup> columnTile: array<${columnType}, ${nColumns * units}>;`,
    ].join("\n"),
    memoryBytes: bytes * units * (weights.length * nRows + nColumns),
    sums: perWeight,
    statements,
  };
}
