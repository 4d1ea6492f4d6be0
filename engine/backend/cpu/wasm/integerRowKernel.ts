import { firstPair, secondPair } from "./integerPanel";
import { rowHalfRuns, rowRuns } from "./integerRowKQuants";
import { highSums, limbSumsOfRow, limbs, scalesOfRow, sumsOfRow } from "./integerRows";
import {
  addScaled,
  blockBytes,
  dot,
  dotLow,
  high2,
  joined,
  low2,
  lowStart,
  scaleOf,
  spareBits,
} from "./integerSums";
import { subtractMinima1 } from "./kQuants";
import { halves4, lookup, scale4 } from "./packed";
import { mxfp4, q4_0, q4_k, q6_k, q8_0 } from "./panels";

/*
 * One row of x in whole numbers (integerRows.ts) times a panel as it is stored: one at a time, since the sums of two take more registers
 * than V8 gives out well. The products of 32 columns, of q6_k of 16, are added up in whole numbers, which is exact; that sum times the
 * scales of both sides is added to the total in f32. Minima are taken off behind that. integerTile.ts adds in the same order.
 */

/** Eight sums. */
export function multiplyIntegerRow<L>(
  kind: u32,
  codes: usize,
  scales: usize,
  k: i32,
  x: usize,
  out: usize,
): void {
  if (kind === q8_0) rowPairs<L>(codes, scales, k, x, out);
  else if (kind === q4_0) rowNibbles<L>(codes, scales, k, x, out);
  else if (kind === mxfp4) rowFloat4<L>(codes, scales, k, x, out);
  else if (kind === q6_k) rowHalfRuns<L>(codes, scales, k, x, out);
  else {
    if (kind === q4_k) rowRuns<i8, L>(codes, scales, k, x, out);
    else rowRuns<i16, L>(codes, scales, k, x, out);
    subtractMinima1(scales, k, sumsOfRow<L>(x, k), out);
  }
}

/** q8_0: of one limb two pairs of columns in a turn of the loop, of two limbs one. */
function rowPairs<L>(w: usize, s: usize, k: i32, x: usize, out: usize): void {
  const spare = spareBits<L>(q8_0);
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let z = scalesOfRow<L>(x, k);
  const end = z;
  while (x < end) {
    let a0 = i32x4.splat(0);
    let a1 = i32x4.splat(0);
    let c0 = lowStart(spare);
    let c1 = lowStart(spare);
    const stop = x + 64;
    do {
      const w0 = v128.load8x8_s(w);
      const w1 = v128.load8x8_s(w, 8);
      const e = high2<L>(x);
      a0 = dot(a0, w0, e);
      a1 = dot(a1, w1, e);
      if (limbs<L>() === 2) {
        const g = low2<L>(x);
        c0 = dot(c0, w0, g);
        c1 = dot(c1, w1, g);
        x += 4;
        w += 16;
      } else {
        const g = v128.load32_splat(x, 4);
        a0 = dot(a0, v128.load8x8_s(w, 16), g);
        a1 = dot(a1, v128.load8x8_s(w, 24), g);
        x += 8;
        w += 32;
      }
    } while (x < stop);
    x += blockBytes<L>() - 64;
    const by = scaleOf(z, spare);
    f0 = addScaled(f0, joined<L>(a0, c0, spare), f32x4.mul(halves4(s), by));
    f1 = addScaled(f1, joined<L>(a1, c1, spare), f32x4.mul(halves4(s + 8), by));
    z += 4;
    s += 16;
  }
  v128.store(out, f0);
  v128.store(out, f1, 16);
}

/** q4_0: its codes less 8, so that eight times the sum of x is taken off. */
function rowNibbles<L>(w: usize, s: usize, k: i32, x: usize, out: usize): void {
  const spare = spareBits<L>(q4_0);
  const nibble = i16x8.splat(15);
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let z = scalesOfRow<L>(x, k);
  let sums = limbSumsOfRow<L>(x, k);
  const end = z;
  while (x < end) {
    const high = highSums<L>(sums);
    let a0 = i32x4.splat(-(load<i32>(high) + load<i32>(high, 4)) << 3);
    let a1 = a0;
    let c0 = i32x4.sub(lowStart(spare), i32x4.splat((load<i32>(sums) + load<i32>(sums, 4)) << 3));
    let c1 = c0;
    const stop = x + 32;
    let y = stop;
    do {
      const v = v128.load(w);
      const u = v128.load(w, 16);
      let n0 = v128.and(v, nibble);
      let n1 = v128.and(u, nibble);
      let e = high2<L>(x);
      a0 = dot(a0, n0, e);
      a1 = dot(a1, n1, e);
      let g = low2<L>(x);
      c0 = dotLow<L>(c0, n0, g);
      c1 = dotLow<L>(c1, n1, g);
      n0 = v128.and(i16x8.shr_u(v, 4), nibble);
      n1 = v128.and(i16x8.shr_u(u, 4), nibble);
      e = high2<L>(y);
      a0 = dot(a0, n0, e);
      a1 = dot(a1, n1, e);
      g = low2<L>(y);
      c0 = dotLow<L>(c0, n0, g);
      c1 = dotLow<L>(c1, n1, g);
      x += 4;
      y += 4;
      if (limbs<L>() === 2 && w === 0) break; // never: it keeps the loads behind it from being moved before it
      n0 = v128.and(i16x8.shr_u(v, 8), nibble);
      n1 = v128.and(i16x8.shr_u(u, 8), nibble);
      e = high2<L>(x);
      a0 = dot(a0, n0, e);
      a1 = dot(a1, n1, e);
      g = low2<L>(x);
      c0 = dotLow<L>(c0, n0, g);
      c1 = dotLow<L>(c1, n1, g);
      n0 = i16x8.shr_u(v, 12);
      n1 = i16x8.shr_u(u, 12);
      e = high2<L>(y);
      a0 = dot(a0, n0, e);
      a1 = dot(a1, n1, e);
      g = low2<L>(y);
      c0 = dotLow<L>(c0, n0, g);
      c1 = dotLow<L>(c1, n1, g);
      x += 4;
      y += 4;
      w += 32;
    } while (x < stop);
    const by = scaleOf(z, spare);
    f0 = addScaled(f0, joined<L>(a0, c0, spare), f32x4.mul(halves4(s), by));
    f1 = addScaled(f1, joined<L>(a1, c1, spare), f32x4.mul(halves4(s + 8), by));
    x += blockBytes<L>() - 32;
    z += 4;
    sums += 4 * sizeof<L>();
    s += 16;
  }
  v128.store(out, f0);
  v128.store(out, f1, 16);
}

/** mxfp4: twice an e2m1 is a whole number. Four rows after the other, since the table takes registers. */
function rowFloat4<L>(w: usize, s: usize, k: i32, x: usize, out: usize): void {
  const spare = spareBits<L>(mxfp4);
  const table = lookup<u16>();
  const nibble = i8x16.splat(15);
  const half = f32x4.splat(0.5);
  const first = x;
  for (let part: usize = 0; part < 32; part += 16) {
    let f = f32x4.splat(0);
    let from = w + part;
    let scales = s + (part >> 2);
    x = first;
    let z = scalesOfRow<L>(x, k);
    const end = z;
    while (x < end) {
      let a = i32x4.splat(0);
      let c = lowStart(spare);
      const stop = x + 32;
      let y = stop;
      do {
        const v = v128.load(from);
        const codes = v128.swizzle(table, v128.and(v, nibble));
        const others = v128.swizzle(table, v128.and(i16x8.shr_u(v, 4), nibble));
        let pair = firstPair(codes);
        a = dot(a, pair, high2<L>(x));
        c = dotLow<L>(c, pair, low2<L>(x));
        pair = firstPair(others);
        a = dot(a, pair, high2<L>(y));
        c = dotLow<L>(c, pair, low2<L>(y));
        x += 4;
        y += 4;
        pair = secondPair(codes);
        a = dot(a, pair, high2<L>(x));
        c = dotLow<L>(c, pair, low2<L>(x));
        pair = secondPair(others);
        a = dot(a, pair, high2<L>(y));
        c = dotLow<L>(c, pair, low2<L>(y));
        x += 4;
        y += 4;
        from += 32;
      } while (x < stop);
      const scale = f32x4.mul(scale4<u16>(scales), half);
      f = addScaled(f, joined<L>(a, c, spare), f32x4.mul(scale, scaleOf(z, spare)));
      x += blockBytes<L>() - 32;
      z += 4;
      scales += 8;
    }
    v128.store(out + part, f);
  }
}
