/**
 * Products of weight rows with activation columns, all of one length K. Every matrix product of the backend is written in
 * this form, and every form adds in one order, which K alone fixes: K is cut into segments of 32; of L lanes, lane l
 * adds segments l, l + L, ... in ascending order by chained fma; the lanes' sums are added to 0 in the order of the lanes.
 */
export interface ProductShape {
  /** Of K: what accessors give at a time. */
  readonly unit: 1 | 4 | 32;
  readonly k: number;
  /** N, rows of each weight. */
  readonly n: number;
  /** Accessors of the weights that share the columns, e.g. gate and up. */
  readonly weights: readonly string[];
  /** Has every segment of a row one scale, so that it is read once: `nameScale(i)` for the units that `nameScaled(i, scale)` reads? */
  readonly hasScales: boolean;
}

/**
 * What a kernel asks of subgroups: nothing; numbers exchanged, by the place in the subgroup; or also which subgroup of its
 * workgroup it is, by the language feature `subgroup_id`.
 */
export type SubgroupUse = "none" | "lane" | "number";

/** WGSL expressions and statements that place the products in an operator. */
export interface ProductPlacement {
  /** u32 expression: first unit of the weight row that the given expression names, always below N. */
  weightUnit(n: string): string;
  /** u32 expression: first unit of the workgroup's column c, an expression, loadable even where it is not wanted. */
  columnUnit(c: string): string;
  /** Accessor of the activations. */
  readonly x: string;
  /** u32 expression: the only lane of K that is added; all of them where it is left out. */
  readonly lane?: string;
  /** Statements that store `value` (`value1` of a second weight) as the product of row `n` and column `c`. */
  readonly store: string;
}

/** How the invocations of a workgroup share a tile of products: so many rows of the weights by so many columns. */
export interface ProductForm {
  /** Invocations of a workgroup. */
  readonly size: number;
  readonly rows: number;
  readonly columns: number;
  readonly subgroups: SubgroupUse;
  /** Can it add one lane of K alone? */
  readonly canSplitLanes: boolean;
  /** Workgroup memory, to stand at module scope, and its bytes. */
  readonly memory: string;
  readonly memoryBytes: number;
  /** Sums that an invocation stores in turn; a parameter, so that no compiler unrolls the loop over them. */
  readonly sums: number;
  /** The statements; `rowTile` is the workgroup's tile of rows. All invocations reach the end together. */
  statements(place: ProductPlacement): string;
}

/** What a kernel of any form has in its `params`, beside its own. */
interface ProductParams {
  /** K in units. */
  readonly units: number;
  /** Units of a segment. */
  readonly segment: number;
  readonly lanes: number;
  readonly nRows: number;
  /** Row tiles of one batch: ceil(N / rows of a workgroup). */
  readonly rowTiles: number;
  readonly sums: number;
}

export function productParams(
  { unit, k, n }: ProductShape,
  { rows, sums }: ProductForm,
): Record<string, number> & ProductParams {
  return {
    units: k / unit,
    segment: SEGMENT / unit,
    lanes: lanesFor(k),
    nRows: n,
    rowTiles: Math.ceil(n / rows),
    sums,
  };
}

const SEGMENT = 32;

/** Each has two segments or more. */
export function lanesFor(k: number): number {
  let lanes = 1;
  while (lanes < 32 && lanes * 4 * SEGMENT <= k) lanes *= 2;
  return lanes;
}

/** The statements of `body` for each segment of a lane, from the unit `first` to before `end`. */
export function segmentsOf(lane: string, body: string): string {
  return `for (var first = ${lane} * params.segment; first < params.units; first += params.lanes * params.segment) {
    let end = min(first + params.segment, params.units);
${body}
  }`;
}

/** Statements that read the scales of a segment, in which `at0`, `at1`, ... are the first units of `rowsEach` rows. */
export function segmentScales({ weights, hasScales }: ProductShape, rowsEach: number): string {
  if (!hasScales) return "";
  return lines(weights, (weight, w) =>
    lines(range(rowsEach), (r) => `    let scale${w}_${r} = ${weight}Scale(at${r} + first);`),
  );
}

/** Unit `u` of row `r` of a weight, after `segmentScales`. */
export function weightUnitAt({ weights, hasScales }: ProductShape, w: number, r: number): string {
  const at = `at${r} + u`;
  return hasScales ? `${weights[w]}Scaled(${at}, scale${w}_${r})` : `${weights[w]}(${at})`;
}

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

export function lines<T>(items: readonly T[], line: (item: T, i: number) => string): string {
  return items.map(line).join("\n");
}
