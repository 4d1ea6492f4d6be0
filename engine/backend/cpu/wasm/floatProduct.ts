import { fillPointers, packRows, pointerAt } from "./packRows";
import { codesAt, columnsOf, f32Kind, kindOf, panelRows, panelsOf, rowsOf } from "./panels";
import { unpackBf16 } from "./unpack";

/*
 * Products of several rows of x with weights of f32 or bf16, in tiles of up to four rows by a panel, in one order of sums: those of 32
 * columns one after the other, each such sum added to the total. A single row (rowFloats.ts) keeps that order. Sums stand where the product goes, so that a tile may take some of the columns and go on later. Of long rows
 * as many columns are taken at a time as stay in the first-level cache: a panel of them, and four rows of x.
 */

/** Columns that are taken at a time; whole blocks of sixteen. */
const someColumns: i32 = 512;

/** Rows of x that meet a panel together; they stay in the second-level cache while panels pass. */
export const blockRows: i32 = 64;

/* The scratch of the sums: where a panel that is not full goes, by addresses and by rows. */
const lastRowsAt: usize = (<usize>blockRows) << 2;
export const sumBytes: usize = lastRowsAt + ((<usize>blockRows) << 5);

/**
 * Columns whose products are added up before they join a total. A sum's error grows with the columns of a block and with the
 * number of blocks, so that this is best for about a thousand columns.
 */
export const blockColumns: i32 = 32;
const blockBytes: usize = (<usize>blockColumns) << 5;

/** Adds to eight sums of each of four rows the products of k columns of a panel with four rows of x, packed as [k][4]. */
function addTile(
  panel: usize,
  k: i32,
  x: usize,
  out0: usize,
  out1: usize,
  out2: usize,
  out3: usize,
): void {
  const end = panel + ((<usize>k) << 5);
  let w = panel;
  while (w < end) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    let c0 = f32x4.splat(0);
    let c1 = f32x4.splat(0);
    let d0 = f32x4.splat(0);
    let d1 = f32x4.splat(0);
    const stop = min(w + blockBytes, end);
    do {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      let e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(w0, e));
      a1 = f32x4.add(a1, f32x4.mul(w1, e));
      e = v128.load32_splat(x, 4);
      b0 = f32x4.add(b0, f32x4.mul(w0, e));
      b1 = f32x4.add(b1, f32x4.mul(w1, e));
      e = v128.load32_splat(x, 8);
      c0 = f32x4.add(c0, f32x4.mul(w0, e));
      c1 = f32x4.add(c1, f32x4.mul(w1, e));
      e = v128.load32_splat(x, 12);
      d0 = f32x4.add(d0, f32x4.mul(w0, e));
      d1 = f32x4.add(d1, f32x4.mul(w1, e));
      x += 16;
      w += 32;
    } while (w < stop);
    addSums(out0, a0, a1);
    addSums(out1, b0, b1);
    addSums(out2, c0, c1);
    addSums(out3, d0, d1);
  }
}

/** The same for three rows of the four. */
function addTile3(panel: usize, k: i32, x: usize, out0: usize, out1: usize, out2: usize): void {
  const end = panel + ((<usize>k) << 5);
  let w = panel;
  while (w < end) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    let c0 = f32x4.splat(0);
    let c1 = f32x4.splat(0);
    const stop = min(w + blockBytes, end);
    do {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      let e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(w0, e));
      a1 = f32x4.add(a1, f32x4.mul(w1, e));
      e = v128.load32_splat(x, 4);
      b0 = f32x4.add(b0, f32x4.mul(w0, e));
      b1 = f32x4.add(b1, f32x4.mul(w1, e));
      e = v128.load32_splat(x, 8);
      c0 = f32x4.add(c0, f32x4.mul(w0, e));
      c1 = f32x4.add(c1, f32x4.mul(w1, e));
      x += 16;
      w += 32;
    } while (w < stop);
    addSums(out0, a0, a1);
    addSums(out1, b0, b1);
    addSums(out2, c0, c1);
  }
}

/** The same for two rows of the four. */
function addTile2(panel: usize, k: i32, x: usize, out0: usize, out1: usize): void {
  const end = panel + ((<usize>k) << 5);
  let w = panel;
  while (w < end) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    const stop = min(w + blockBytes, end);
    do {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      let e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(w0, e));
      a1 = f32x4.add(a1, f32x4.mul(w1, e));
      e = v128.load32_splat(x, 4);
      b0 = f32x4.add(b0, f32x4.mul(w0, e));
      b1 = f32x4.add(b1, f32x4.mul(w1, e));
      x += 16;
      w += 32;
    } while (w < stop);
    addSums(out0, a0, a1);
    addSums(out1, b0, b1);
  }
}

/** The same for the first row of the four. */
function addTile1(panel: usize, k: i32, x: usize, out: usize): void {
  const end = panel + ((<usize>k) << 5);
  let w = panel;
  while (w < end) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    const stop = min(w + blockBytes, end);
    do {
      const e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(v128.load(w), e));
      a1 = f32x4.add(a1, f32x4.mul(v128.load(w, 16), e));
      x += 16;
      w += 32;
    } while (w < stop);
    addSums(out, a0, a1);
  }
}

function addSums(out: usize, low: v128, high: v128): void {
  v128.store(out, f32x4.add(v128.load(out), low));
  v128.store(out, f32x4.add(v128.load(out, 16), high), 16);
}

/** Eight zeros for each of some rows. */
function clearSums(outs: usize, at: usize, rows: i32): void {
  for (let r = 0; r < rows; r++) {
    const out = pointerAt(outs, r) + at;
    v128.store(out, f32x4.splat(0));
    v128.store(out, f32x4.splat(0), 16);
  }
}

/** Adds to outs[r] + at the products of a panel with packed rows of x, fours `xStep` bytes apart. */
function addTiles(
  panel: usize,
  k: i32,
  x: usize,
  xStep: usize,
  outs: usize,
  at: usize,
  rows: i32,
): void {
  const whole = rows & ~3;
  for (let r = 0; r < whole; r += 4) {
    const out2 = pointerAt(outs, r + 2) + at;
    const out3 = pointerAt(outs, r + 3) + at;
    addTile(panel, k, x, pointerAt(outs, r) + at, pointerAt(outs, r + 1) + at, out2, out3);
    x += xStep;
  }
  const left = rows - whole;
  if (left === 0) return;
  const out0 = pointerAt(outs, whole) + at;
  if (left === 1) addTile1(panel, k, x, out0);
  else {
    const out1 = pointerAt(outs, whole + 1) + at;
    if (left === 2) addTile2(panel, k, x, out0, out1);
    else addTile3(panel, k, x, out0, out1, pointerAt(outs, whole + 2) + at);
  }
}

/**
 * k columns of a panel of which `count` rows are real, times `rows` rows of x, at most `blockRows`: outs[r] + outAt gets as many sums.
 * `x` is where these columns begin in packed rows, fours `xStep` bytes apart. The first columns of a product clear the sums; the last
 * ones bring those of a panel that is not full from the scratch.
 */
export function multiplyColumns(
  panel: usize,
  k: i32,
  x: usize,
  xStep: usize,
  outs: usize,
  outAt: usize,
  count: i32,
  rows: i32,
  isFirst: bool,
  isLast: bool,
  space: usize,
): void {
  const isFull = count === panelRows;
  const to = isFull ? outs : space;
  const at = isFull ? outAt : 0;
  if (!isFull) fillPointers(space, space + lastRowsAt, 32, rows);
  if (isFirst) clearSums(to, at, rows);
  addTiles(panel, k, x, xStep, to, at, rows);
  if (!isLast || isFull) return;
  for (let r = 0; r < rows; r++)
    memory.copy(pointerAt(outs, r) + outAt, pointerAt(to, r), (<usize>count) << 2);
}

/**
 * What `multiply` promises, for f32 and bf16. `panelTo` is a buffer for a panel of floats, `packed` one for rows of x, each of
 * k columns, or of `someColumns` if that is less.
 */
export function multiplyFloats(
  w: usize,
  matrix: i32,
  xs: usize,
  outs: usize,
  rows: i32,
  panelFrom: i32,
  panelTo: i32,
  space: usize,
  floats: usize,
  packed: usize,
): void {
  const first = matrix * panelsOf(w);
  const n = rowsOf(w);
  const k = columnsOf(w);
  const isFloat = kindOf(w) === f32Kind;
  for (let r = 0; r < rows; r += blockRows) {
    const at = (<usize>r) << 2;
    const here = min(blockRows, rows - r);
    for (let c = 0; c < k; c += someColumns) {
      const columns = min(someColumns, k - c);
      packRows(xs + at, (<usize>c) << 2, here, columns, packed);
      for (let p = panelFrom; p < panelTo; p++) {
        const codes = codesAt(w, first + p);
        if (!isFloat) unpackBf16(codes + ((<usize>c) << 4), columns, floats);
        multiplyColumns(
          isFloat ? codes + ((<usize>c) << 5) : floats,
          columns,
          packed,
          (<usize>columns) << 4,
          outs + at,
          (<usize>p) << 5,
          min(panelRows, n - p * panelRows),
          here,
          c === 0,
          c + columns === k,
          space,
        );
      }
    }
  }
}
