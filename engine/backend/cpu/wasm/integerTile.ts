import { limbs, lowBits } from "./integerRows";
import { addScaled, dot, lowStart } from "./integerSums";

/*
 * Tiles of four rows of x in whole numbers (integerRows.ts) by a panel that integerPanel.ts has unpacked, with scales of f32, [k/32][8],
 * of q6_k [k/16][8]: in the order of integerRowKernel.ts. Of two limbs the low ones of a block come first, then the high ones join the same
 * sums: there are registers for one set of them. V8 before 12 moves every load of a basic block to its top and has 15 vectors: a
 * loop body holds at most so many loads, sums and constants, or it spills.
 */

/** Rows packed as [32 bits of a row][4], their scales at `xs`, [k/32][4], times the panel, to `totals`, (4, 8). */
export function integerTile<L>(
  w: usize,
  scales: usize,
  scaled: i32,
  k: i32,
  x: usize,
  xs: usize,
  totals: usize,
): void {
  const zero = f32x4.splat(0);
  v128.store(totals, zero);
  v128.store(totals, zero, 16);
  v128.store(totals, zero, 32);
  v128.store(totals, zero, 48);
  v128.store(totals, zero, 64);
  v128.store(totals, zero, 80);
  v128.store(totals, zero, 96);
  v128.store(totals, zero, 112);
  const first = w;
  const end = w + ((<usize>k) << 4);
  const blockBytes = (<usize>scaled) << 4;
  while (w < end) {
    const column = (w - first) >> 4;
    let at = x + (column << 3);
    if (limbs<L>() === 2) at += (column >> 5) << 8; // low and high limbs of all blocks before
    let a0 = limbs<L>() === 2 ? lowStart(0) : i32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    const block = w;
    const stop = w + blockBytes;
    if (limbs<L>() === 2) {
      let low = at;
      do {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        let e = v128.load32_splat(low);
        a0 = dot(a0, w0, e);
        a1 = dot(a1, w1, e);
        e = v128.load32_splat(low, 4);
        b0 = dot(b0, w0, e);
        b1 = dot(b1, w1, e);
        e = v128.load32_splat(low, 8);
        c0 = dot(c0, w0, e);
        c1 = dot(c1, w1, e);
        e = v128.load32_splat(low, 12);
        d0 = dot(d0, w0, e);
        d1 = dot(d1, w1, e);
        low += 16;
        w += 32;
      } while (w < stop);
      a0 = i32x4.shr_s(a0, lowBits);
      a1 = i32x4.shr_s(a1, lowBits);
      b0 = i32x4.shr_s(b0, lowBits);
      b1 = i32x4.shr_s(b1, lowBits);
      c0 = i32x4.shr_s(c0, lowBits);
      c1 = i32x4.shr_s(c1, lowBits);
      d0 = i32x4.shr_s(d0, lowBits);
      d1 = i32x4.shr_s(d1, lowBits);
      w = block;
      at += 256;
    }
    do {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      let e = v128.load32_splat(at);
      a0 = dot(a0, w0, e);
      a1 = dot(a1, w1, e);
      e = v128.load32_splat(at, 4);
      b0 = dot(b0, w0, e);
      b1 = dot(b1, w1, e);
      e = v128.load32_splat(at, 8);
      c0 = dot(c0, w0, e);
      c1 = dot(c1, w1, e);
      e = v128.load32_splat(at, 12);
      d0 = dot(d0, w0, e);
      d1 = dot(d1, w1, e);
      at += 16;
      w += 32;
    } while (w < stop);
    const s0 = v128.load(scales);
    const s1 = v128.load(scales, 16);
    const by = xs + ((column >> 5) << 4);
    addBlock(totals, a0, a1, s0, s1, v128.load32_splat(by));
    addBlock(totals + 32, b0, b1, s0, s1, v128.load32_splat(by, 4));
    addBlock(totals + 64, c0, c1, s0, s1, v128.load32_splat(by, 8));
    addBlock(totals + 96, d0, d1, s0, s1, v128.load32_splat(by, 12));
    scales += 32;
  }
}

function addBlock(total: usize, low: v128, high: v128, s0: v128, s1: v128, by: v128): void {
  v128.store(total, addScaled(v128.load(total), low, f32x4.mul(s0, by)));
  v128.store(total, addScaled(v128.load(total, 16), high, f32x4.mul(s1, by)), 16);
}
