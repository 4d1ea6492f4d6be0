import { tree } from "./tree.ts";

/** Invocations of a workgroup of `dotProducts`. */
export const DOT_SIZE = 64;

/**
 * Products of weight rows with activation columns, all of one length K. Every matrix product of the backend is written
 * in this form, so a result's bits depend on K, the weight and the column, and on nothing else.
 */
export interface DotShape {
  readonly unit: 1 | 4;
  /** Weight rows and activation columns each invocation keeps sums for. */
  readonly rows: number;
  readonly columns: number;
  /** Accessors of the weights that share the columns, e.g. gate and up. */
  readonly weights: readonly string[];
}

/** WGSL expressions and statements that place a `DotShape` in an operator. */
export interface DotPlacement {
  /** u32 expression: first unit of the weight row that the given expression names, always below N. */
  weightUnit(n: string): string;
  /** u32 expression: first unit of the workgroup's column c, loadable even where it is not wanted. */
  columnUnit(c: number): string;
  /** Accessor of the activations. */
  readonly x: string;
  /** Statements that store `value` (`value1` of a second weight) as the product of row `n` and column `c`. */
  readonly store: string;
}

/** What a kernel of this form has in its `params`, beside its own. */
export interface DotParams {
  /** K in units. */
  readonly units: number;
  readonly lanes: number;
  /** N, rows of the weight. */
  readonly nRows: number;
  /** Row tiles of one batch: ceil(N / rows of a workgroup). */
  readonly rowTiles: number;
  /** Sums each invocation keeps; a parameter, so that no compiler unrolls the loop over them. */
  readonly sums: number;
}

export function dotParams(shape: DotShape, k: number, n: number): DotParams {
  const units = k / shape.unit;
  const lanes = lanesFor(units);
  return {
    units,
    lanes,
    nRows: n,
    rowTiles: Math.ceil(n / ((DOT_SIZE / lanes) * shape.rows)),
    sums: sumsOf(shape).length,
  };
}

/** Lanes that share one product: a power of two, each with about four units or more. */
function lanesFor(units: number): number {
  let lanes = 1;
  while (lanes < 32 && lanes * 8 <= units) lanes *= 2;
  return lanes;
}

/** Workgroup memory of `dotProducts`, to stand at module scope. */
export function dotMemory(shape: DotShape): string {
  return `var<workgroup> partials: array<f32, ${DOT_SIZE * sumsOf(shape).length}>;`;
}

/**
 * The statements; `rowTile` is the workgroup's tile of rows. Lane l of a product adds units l, l + lanes, ... in
 * ascending order by chained fma; `tree` joins the lanes.
 */
export function dotProducts(shape: DotShape, place: DotPlacement): string {
  const sums = sumsOf(shape);
  const rows = range(shape.rows);
  const columns = range(shape.columns);
  return `
  let lane = lid % params.lanes;
  let team = lid / params.lanes;
  let teams = ${DOT_SIZE}u / params.lanes;
  let firstRow = rowTile * teams * ${shape.rows}u;
${lines(rows, (r) => `  let at${r} = ${place.weightUnit(`min(firstRow + ${r}u * teams + team, params.nRows - 1u)`)};`)}
${lines(columns, (c) => `  let from${c} = ${place.columnUnit(c)};`)}
${lines(sums, (s) => `  var ${s.name} = 0.0;`)}
  for (var u = lane; u < params.units; u += params.lanes) {
${lines(columns, (c) => `    let x${c} = ${place.x}(from${c} + u);`)}
${lines(shape.weights, (weight, w) =>
  lines(
    rows,
    (r) => `    { let v = ${weight}(at${r} + u);
${lines(columns, (c) => `      ${accumulate(`sum${w}_${r}_${c}`, "v", `x${c}`, shape.unit)}`)}
    }`,
  ),
)}
  }
${lines(sums, (s, i) => `  partials[${i * DOT_SIZE}u + lid] = ${s.name};`)}
${tree({ array: "partials", slots: "params.sums", slot: `s * ${DOT_SIZE}u + lid` }, "params.lanes", "lane")}
  let rowsHere = teams * ${shape.rows}u;
  for (var o = lid; o < rowsHere * ${shape.columns}u; o += ${DOT_SIZE}u) {
    let row = o % rowsHere;
    let c = o / rowsHere;
    let n = firstRow + row;
    if (n < params.nRows) {
      let first = (row / teams * ${shape.columns}u + c) * ${DOT_SIZE}u + row % teams * params.lanes;
${lines(shape.weights, (_, w) => `      let value${w || ""} = partials[first + ${w * shape.rows * shape.columns * DOT_SIZE}u];`)}
${place.store}
    }
  }`;
}

/** `sum += a . b` over one unit, in ascending order. */
export function accumulate(sum: string, a: string, b: string, unit: 1 | 4): string {
  if (unit === 1) return `${sum} = fma(${a}, ${b}, ${sum});`;
  return ["x", "y", "z", "w"].map((d) => `${sum} = fma(${a}.${d}, ${b}.${d}, ${sum});`).join(" ");
}

/** 4 if every given element count and stride is a multiple of 4, else 1. */
export function unitOf(...strides: readonly number[]): 1 | 4 {
  return strides.every((stride) => stride % 4 === 0) ? 4 : 1;
}

function sumsOf(shape: DotShape): { readonly name: string }[] {
  return shape.weights.flatMap((_, w) =>
    range(shape.rows).flatMap((r) =>
      range(shape.columns).map((c) => ({ name: `sum${w}_${r}_${c}` })),
    ),
  );
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

function lines<T>(items: readonly T[], line: (item: T, i: number) => string): string {
  return items.map(line).join("\n");
}
