import { decode, isPackedFormat } from "./packed";
import { tile1x1, tile4x2, tile8x1 } from "./tile";

/** Rows of x that are packed and multiplied together; their packed form stays in the first-level cache. */
const blockRows: i32 = 32;

/** Packed weight rows that are decoded together. */
const panelRows: usize = 8;

/** Evens then odds of each block of eight, so that they meet the halves of bf16 pairs; the last K % 8 stay as they are. */
function pack(x: usize, k: i32, to: usize): void {
  const whole = k & ~7;
  for (let i = 0; i < whole; i += 8) {
    const at = (<usize>i) << 2;
    const low = v128.load(x + at);
    const high = v128.load(x + at, 16);
    v128.store(to + at, v128.shuffle<f32>(low, high, 0, 2, 4, 6));
    v128.store(to + at, v128.shuffle<f32>(low, high, 1, 3, 5, 7), 16);
  }
  for (let i = whole; i < k; i++) {
    const at = (<usize>i) << 2;
    store<f32>(to + at, load<f32>(x + at));
  }
}

/** The row that tiles read: the packed copy for bf16 weights, x itself for f32. */
function tileRow<W>(xs: usize, packed: usize, k: i32, r: i32): usize {
  if (isInteger<W>()) return packed + ((<usize>(r * k)) << 2);
  return load<u32>(xs + ((<usize>r) << 2));
}

function pointerAt(pointers: usize, r: i32): usize {
  return load<u32>(pointers + ((<usize>r) << 2));
}

function multiplyBlock<W>(
  w: usize,
  stride: usize,
  n: i32,
  k: i32,
  xs: usize,
  outs: usize,
  rows: i32,
  packed: usize,
): void {
  if (isInteger<W>())
    for (let r = 0; r < rows; r++) pack(pointerAt(xs, r), k, packed + ((<usize>(r * k)) << 2));
  const paired = rows & ~1;
  let j = 0;
  if (paired > 0)
    for (; j + 4 <= n; j += 4) {
      const wj = w + <usize>j * stride;
      const at = (<usize>j) << 2;
      for (let r = 0; r < paired; r += 2)
        tile4x2<W>(
          wj,
          stride,
          k,
          tileRow<W>(xs, packed, k, r),
          tileRow<W>(xs, packed, k, r + 1),
          pointerAt(outs, r) + at,
          pointerAt(outs, r + 1) + at,
        );
    }
  for (let i = j; i < n; i++)
    for (let r = 0; r < paired; r++)
      store<f32>(
        pointerAt(outs, r) + ((<usize>i) << 2),
        tile1x1<W>(w + <usize>i * stride, k, tileRow<W>(xs, packed, k, r)),
      );
  if (paired === rows) return;
  const x = tileRow<W>(xs, packed, k, paired);
  const out = pointerAt(outs, paired);
  j = 0;
  for (; j + 8 <= n; j += 8)
    tile8x1<W>(w + <usize>j * stride, stride, k, x, out + ((<usize>j) << 2));
  for (; j < n; j++) store<f32>(out + ((<usize>j) << 2), tile1x1<W>(w + <usize>j * stride, k, x));
}

function multiplyAll<W>(
  w: usize,
  stride: usize,
  n: i32,
  k: i32,
  xs: usize,
  outs: usize,
  rows: i32,
  packed: usize,
): void {
  for (let r = 0; r < rows; r += blockRows) {
    const at = (<usize>r) << 2;
    multiplyBlock<W>(w, stride, n, k, xs + at, outs + at, min(blockRows, rows - r), packed);
  }
}

/** Adds to every address of an array. */
function movePointers(pointers: usize, count: i32, bytes: usize): void {
  for (let r = 0; r < count; r++) {
    const pointer = pointers + ((<usize>r) << 2);
    store<u32>(pointer, load<u32>(pointer) + <u32>bytes);
  }
}

/** Decodes a few weight rows at a time into `panel`, which has room for 32 k floats, and multiplies with those. */
function multiplyPacked(
  descriptor: usize,
  first: usize,
  rowElements: usize,
  n: i32,
  k: i32,
  xs: usize,
  outs: usize,
  rows: i32,
  panel: usize,
): void {
  const stride = (<usize>k) << 2;
  const spare = panel + panelRows * stride;
  for (let j = 0; j < n; j += <i32>panelRows) {
    const here = min(<i32>panelRows, n - j);
    for (let i = 0; i < here; i++)
      decode(descriptor, first + <usize>(j + i) * rowElements, k, panel + <usize>i * stride, spare);
    multiplyAll<f32>(panel, stride, here, k, xs, outs, rows, panel);
    movePointers(outs, rows, (<usize>here) << 2);
  }
  movePointers(outs, rows, -((<usize>n) << 2));
}

/**
 * outs[r][0..n) = w x, for rows given by arrays of addresses. The weight has a format as packed.ts defines it and the
 * address w; its first row starts at element `first`, the next ones `rowElements` further on each. `space` is scratch of
 * 32 k floats.
 */
export function multiply(
  format: usize,
  w: usize,
  first: usize,
  rowElements: usize,
  n: i32,
  k: i32,
  xs: usize,
  outs: usize,
  rows: i32,
  space: usize,
): void {
  if (isPackedFormat(format))
    multiplyPacked(format, first, rowElements, n, k, xs, outs, rows, space);
  else if (format)
    multiplyAll<u16>(w + (first << 1), rowElements << 1, n, k, xs, outs, rows, space);
  else multiplyAll<f32>(w + (first << 2), rowElements << 2, n, k, xs, outs, rows, space);
}

/** Fills an array of addresses: base, base + step, ... */
export function fillPointers(pointers: usize, base: usize, step: usize, count: i32): void {
  let address = base;
  for (let r = 0; r < count; r++) {
    store<u32>(pointers + ((<usize>r) << 2), <u32>address);
    address += step;
  }
}
