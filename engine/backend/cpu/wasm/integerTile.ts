import { addScaled } from "./integerRowKernel";
import { scalesOfRow } from "./integerRows";
import { codesOf, groupScaleBytes, hasMinima, runBytes, scales8 } from "./kQuants";
import { halves4, lookup } from "./packed";
import { q4_0, q4_k, q5_k, q6_k, q8_0 } from "./panels";

/*
 * Tiles of four rows of x in whole numbers (integerRows.ts) by a panel whose codes are bytes, [k/2][8][2], with scales of f32,
 * [k/32][8], of q6_k [k/16][8]: in the order of integerRowKernel.ts.
 */

/** Columns that share a scale of a weight. */
export function scaledColumns(kind: u32): i32 {
  return kind === q6_k ? 16 : 32;
}

/** A panel's codes as bytes: where they lie, or unpacked to `to`, 8 k bytes. Its scales to `scales`. */
export function integerPanel(
  kind: u32,
  codes: usize,
  from: usize,
  k: i32,
  to: usize,
  scales: usize,
): usize {
  if (kind === q8_0 || kind === q4_0) {
    const end = from + (<usize>k >> 1);
    for (; from < end; from += 8) {
      v128.store(scales, halves4(from));
      scales += 16;
    }
    if (kind === q8_0) return codes;
    unpackNibbles(codes, k, to);
  } else if (kind === q4_k) unpackGroups<i8>(codes, from, k, to, scales);
  else if (kind === q5_k) unpackGroups<i16>(codes, from, k, to, scales);
  else unpackGroups<i32>(codes, from, k, to, scales);
  return to;
}

/** Four columns of eight rows, four bytes of a row side by side, as two pairs of columns. */
function storePairs(v: v128, u: v128, to: usize): void {
  v128.store(to, v128.shuffle<i8>(v, u, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30));
  v128.store(
    to,
    v128.shuffle<i8>(v, u, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31),
    16,
  );
}

function unpackNibbles(codes: usize, k: i32, to: usize): void {
  const table = lookup<i16>();
  const low = i8x16.splat(15);
  const end = codes + ((<usize>k) << 2);
  while (codes < end) {
    const stop = codes + 128;
    do {
      const v = v128.load(codes);
      const u = v128.load(codes, 16);
      storePairs(v128.swizzle(table, v128.and(v, low)), v128.swizzle(table, v128.and(u, low)), to);
      storePairs(
        v128.swizzle(table, v128.and(i16x8.shr_u(v, 4), low)),
        v128.swizzle(table, v128.and(i16x8.shr_u(u, 4), low)),
        to + 128,
      );
      codes += 32;
      to += 32;
    } while (codes < stop);
    to += 128;
  }
}

function unpackGroups<F>(codes: usize, from: usize, k: i32, to: usize, scales: usize): void {
  const runs = k >> 5;
  for (let run: i32 = 0; run < runs; run++) {
    for (let half: i32 = 0; half < 2; half++)
      for (let i: i32 = 0; i < 4; i++) {
        storePairs(codesOf<F>(codes, half, i, 0), codesOf<F>(codes, half, i, 16), to);
        to += 32;
      }
    codes += runBytes<F>();
  }
  for (let group: i32 = 0; group < k >> 8; group++) {
    const d0 = halves4(from);
    const d1 = halves4(from + 8);
    let at = from + (hasMinima<F>() ? 32 : 16);
    const end = at + (hasMinima<F>() ? 64 : 128);
    for (; at < end; at += 8) {
      const both = scales8<F>(at);
      const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(both));
      const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(both));
      v128.store(scales, f32x4.mul(d0, low));
      v128.store(scales, f32x4.mul(d1, high), 16);
      scales += 32;
    }
    from += groupScaleBytes<F>();
  }
}

/** Rows a, b, c, d of x times the panel, to `totals`, (4, 8). */
export function integerTile(
  w: usize,
  scales: usize,
  scaled: i32,
  k: i32,
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  totals: usize,
): void {
  memory.fill(totals, 0, 128);
  const first = w;
  const end = w + ((<usize>k) << 3);
  const blockBytes = (<usize>scaled) << 3;
  const scalesA = scalesOfRow(a, k);
  const scalesB = scalesOfRow(b, k);
  const scalesC = scalesOfRow(c, k);
  const scalesD = scalesOfRow(d, k);
  while (w < end) {
    const at = ((w - first) >> 8) << 2;
    let a0 = i32x4.splat(0);
    let a1 = i32x4.splat(0);
    let b0 = i32x4.splat(0);
    let b1 = i32x4.splat(0);
    let c0 = i32x4.splat(0);
    let c1 = i32x4.splat(0);
    let d0 = i32x4.splat(0);
    let d1 = i32x4.splat(0);
    const stop = w + blockBytes;
    do {
      const w0 = v128.load8x8_s(w);
      const w1 = v128.load8x8_s(w, 8);
      let e = v128.load32_splat(a);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(w0, e));
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(w1, e));
      e = v128.load32_splat(b);
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(w0, e));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(w1, e));
      e = v128.load32_splat(c);
      c0 = i32x4.add(c0, i32x4.dot_i16x8_s(w0, e));
      c1 = i32x4.add(c1, i32x4.dot_i16x8_s(w1, e));
      e = v128.load32_splat(d);
      d0 = i32x4.add(d0, i32x4.dot_i16x8_s(w0, e));
      d1 = i32x4.add(d1, i32x4.dot_i16x8_s(w1, e));
      a += 4;
      b += 4;
      c += 4;
      d += 4;
      w += 16;
    } while (w < stop);
    const s0 = v128.load(scales);
    const s1 = v128.load(scales, 16);
    addBlock(totals, a0, a1, s0, s1, v128.load32_splat(scalesA + at));
    addBlock(totals + 32, b0, b1, s0, s1, v128.load32_splat(scalesB + at));
    addBlock(totals + 64, c0, c1, s0, s1, v128.load32_splat(scalesC + at));
    addBlock(totals + 96, d0, d1, s0, s1, v128.load32_splat(scalesD + at));
    scales += 32;
  }
}

function addBlock(total: usize, low: v128, high: v128, s0: v128, s1: v128, by: v128): void {
  v128.store(total, addScaled(v128.load(total), low, f32x4.mul(s0, by)));
  v128.store(total, addScaled(v128.load(total, 16), high, f32x4.mul(s1, by)), 16);
}
