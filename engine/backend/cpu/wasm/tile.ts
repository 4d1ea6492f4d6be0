/*
 * Tiles over panels of f32, [k][8], with scales [k/16][8]. One sum is taken in one order whatever the tile: the products of 16
 * columns one after the other, that sum times its scale added to the total, and so on through the blocks. So a row's bits do not
 * depend on the tile that made it, and the kernel that reads codes of f8e4m3 (rowKernel.ts) keeps the same order.
 *
 * V8 before 12 moves every load of a basic block to its top and has 15 vectors: a loop body holds at most so many loads,
 * accumulators and constants, or it spills. So nothing is unrolled by hand.
 */

/** Sixteen columns: longer sums would lose digits where rows are short, shorter ones cost time. */
const blockBytes: usize = 16 * 32;

function addBlock(total: usize, low: v128, high: v128, s0: v128, s1: v128): void {
  v128.store(total, f32x4.add(v128.load(total), f32x4.mul(low, s0)));
  v128.store(total, f32x4.add(v128.load(total, 16), f32x4.mul(high, s1)), 16);
}

/** Four rows of x, packed as [k][4], times a panel, to `totals`, (4, 8). */
export function tile4(panel: usize, scales: usize, k: i32, x: usize, totals: usize): void {
  memory.fill(totals, 0, 128);
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
    const s0 = v128.load(scales);
    const s1 = v128.load(scales, 16);
    addBlock(totals, a0, a1, s0, s1);
    addBlock(totals + 32, b0, b1, s0, s1);
    addBlock(totals + 64, c0, c1, s0, s1);
    addBlock(totals + 96, d0, d1, s0, s1);
    scales += 32;
  }
}

/** One row of x times two panels, eight sums each; a single panel is given twice. */
export function tile1(
  a: usize,
  b: usize,
  scalesA: usize,
  scalesB: usize,
  k: i32,
  x: usize,
  outA: usize,
  outB: usize,
): void {
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let f2 = f32x4.splat(0);
  let f3 = f32x4.splat(0);
  const end = x + ((<usize>k) << 2);
  let at: usize = 0;
  while (x < end) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    const stop = min(x + 64, end);
    do {
      const e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(v128.load(a), e));
      a1 = f32x4.add(a1, f32x4.mul(v128.load(a, 16), e));
      b0 = f32x4.add(b0, f32x4.mul(v128.load(b), e));
      b1 = f32x4.add(b1, f32x4.mul(v128.load(b, 16), e));
      x += 4;
      a += 32;
      b += 32;
    } while (x < stop);
    f0 = f32x4.add(f0, f32x4.mul(a0, v128.load(scalesA + at)));
    f1 = f32x4.add(f1, f32x4.mul(a1, v128.load(scalesA + at, 16)));
    f2 = f32x4.add(f2, f32x4.mul(b0, v128.load(scalesB + at)));
    f3 = f32x4.add(f3, f32x4.mul(b1, v128.load(scalesB + at, 16)));
    at += 32;
  }
  v128.store(outA, f0);
  v128.store(outA, f1, 16);
  v128.store(outB, f2);
  v128.store(outB, f3, 16);
}
