import type { Floats } from "./vjp.ts";

/** Rows of a matrix that need not follow each other: where each begins. */
export interface Rows<Data> {
  readonly data: Data;
  readonly starts: ArrayLike<number>;
}

/** A matrix (k, n) in a weight: how far its rows and its columns are apart. */
export interface Factor {
  readonly data: Floats;
  readonly first: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Of blocks that stay in a core's cache: a block of the factor has 256 KB. */
const DEPTH = 128;
const WIDTH = 256;
/** Sums that are held in registers: so many rows and columns. */
const TALL = 3;
const WIDE = 4;

const panel = new Float64Array(TALL * DEPTH);
const block = new Float64Array(DEPTH * WIDTH);
const sums = new Float64Array(TALL * WIDE);

/**
 * into[i] += a[i] b for every row, in float64: a (m, k), b (k, n), into (m, n). Both factors are copied, block by block, into the order
 * in which they are read.
 * @see K. Goto, R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008
 */
export function addProduct(
  a: Rows<Floats>,
  b: Factor,
  [k, n]: readonly [number, number],
  into: Rows<Float64Array>,
): void {
  if (a.starts.length < TALL) {
    addFewRows(a, b, [k, n], into);
    return;
  }
  for (let firstK = 0; firstK < k; firstK += DEPTH) {
    const depth = Math.min(DEPTH, k - firstK);
    for (let firstN = 0; firstN < n; firstN += WIDTH) {
      const width = Math.min(WIDTH, n - firstN);
      packFactor(b, firstK, depth, firstN, width);
      for (let row = 0; row < a.starts.length; row += TALL) {
        const tall = Math.min(TALL, a.starts.length - row);
        packRows(a, row, tall, firstK, depth);
        for (let column = 0; column < width; column += WIDE)
          addTile({ row, tall }, column * depth, depth, into, firstN + column, width - column);
      }
    }
  }
}

/** Fewer rows than a tile has: the factor is read in its own order, four of its rows at a time. */
function addFewRows(
  a: Rows<Floats>,
  { data, first, rowStride, columnStride }: Factor,
  [k, n]: readonly [number, number],
  into: Rows<Float64Array>,
): void {
  for (let row = 0; row < a.starts.length; row++) {
    const [from, to] = [a.starts[row] as number, into.starts[row] as number];
    for (let i = 0; i < k; i += 4) {
      const factorAt = (by: number): number => (i + by < k ? (a.data[from + i + by] as number) : 0);
      const [w, x, y, z] = [factorAt(0), factorAt(1), factorAt(2), factorAt(3)];
      if (w === 0 && x === 0 && y === 0 && z === 0) continue;
      const start = first + i * rowStride;
      // A row that is not there is read as the first, times zero.
      const strideOf = (by: number): number => (i + by < k ? by * rowStride : 0);
      const [second, third, fourth] = [strideOf(1), strideOf(2), strideOf(3)];
      for (let j = 0; j < n; j++) {
        const at = start + j * columnStride;
        const sum =
          w * (data[at] as number) +
          x * (data[at + second] as number) +
          (y * (data[at + third] as number) + z * (data[at + fourth] as number));
        into.data[to + j] = (into.data[to + j] as number) + sum;
      }
    }
  }
}

/** Some columns of the factor beside each other, element by element; zeros where there are fewer. */
function packFactor(
  { data, first, rowStride, columnStride }: Factor,
  firstK: number,
  depth: number,
  firstN: number,
  width: number,
): void {
  for (let column = 0; column < width; column += WIDE)
    for (let c = 0; c < WIDE; c++) {
      const to = column * depth + c;
      const from = first + firstK * rowStride + (firstN + column + c) * columnStride;
      const isThere = column + c < width;
      for (let i = 0; i < depth; i++)
        block[to + WIDE * i] = isThere ? (data[from + i * rowStride] as number) : 0;
    }
}

/** Rows beside each other, element by element; zeros where there are fewer. */
function packRows(
  { data, starts }: Rows<Floats>,
  row: number,
  tall: number,
  firstK: number,
  depth: number,
): void {
  for (let r = 0; r < TALL; r++) {
    const from = r < tall ? (starts[row + r] as number) + firstK : -1;
    for (let i = 0; i < depth; i++) panel[TALL * i + r] = from < 0 ? 0 : (data[from + i] as number);
  }
}

/** Three rows by four columns, summed in registers. */
function addTile(
  { row, tall }: { readonly row: number; readonly tall: number },
  start: number,
  depth: number,
  { data, starts }: Rows<Float64Array>,
  column: number,
  nLeft: number,
): void {
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  let c0 = 0;
  let c1 = 0;
  let c2 = 0;
  let c3 = 0;
  for (let i = 0; i < depth; i++) {
    const from = TALL * i;
    const a = panel[from] as number;
    const b = panel[from + 1] as number;
    const c = panel[from + 2] as number;
    const at = start + WIDE * i;
    let x = block[at] as number;
    a0 += a * x;
    b0 += b * x;
    c0 += c * x;
    x = block[at + 1] as number;
    a1 += a * x;
    b1 += b * x;
    c1 += c * x;
    x = block[at + 2] as number;
    a2 += a * x;
    b2 += b * x;
    c2 += c * x;
    x = block[at + 3] as number;
    a3 += a * x;
    b3 += b * x;
    c3 += c * x;
  }
  sums.set([a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3]);
  const wide = Math.min(WIDE, nLeft);
  for (let r = 0; r < tall; r++) {
    const to = (starts[row + r] as number) + column;
    for (let i = 0; i < wide; i++)
      data[to + i] = (data[to + i] as number) + (sums[r * WIDE + i] as number);
  }
}
