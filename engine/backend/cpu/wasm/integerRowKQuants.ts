import { sixBits } from "./integerPanel";
import { highSums, limbSumsOfRow, limbs, scalesOfRow } from "./integerRows";
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
import { groupScaleBytes, highBits, scales8 } from "./kQuants";
import { halves4 } from "./packed";
import { q4_k, q5_k, q6_k } from "./panels";

/* One row of x in whole numbers times a panel of ggml's formats of groups, whose codes kQuants.ts describes; see integerRowKernel.ts. */

/** Codes of four bits in one of four places of 16-bit lanes, with the fifth bit of q5_k, which stands there in `highs`. */
function codes0<F>(v: v128, highs: v128): v128 {
  const low = v128.and(v, i16x8.splat(15));
  if (highBits<F>() === 0) return low;
  return v128.or(low, v128.and(i16x8.shl(highs, 4), i16x8.splat(16)));
}

function codes1<F>(v: v128, highs: v128): v128 {
  const low = v128.and(i16x8.shr_u(v, 4), i16x8.splat(15));
  if (highBits<F>() === 0) return low;
  return v128.or(low, v128.and(highs, i16x8.splat(16)));
}

function codes2<F>(v: v128, highs: v128): v128 {
  const low = v128.and(i16x8.shr_u(v, 8), i16x8.splat(15));
  if (highBits<F>() === 0) return low;
  return v128.or(low, v128.and(i16x8.shr_u(highs, 4), i16x8.splat(16)));
}

function codes3<F>(v: v128, highs: v128): v128 {
  const low = i16x8.shr_u(v, 12);
  if (highBits<F>() === 0) return low;
  return v128.or(low, v128.and(i16x8.shr_u(highs, 8), i16x8.splat(16)));
}

/** Sums of q4_k and q5_k, before their minima. */
export function rowRuns<F, L>(w: usize, scales: usize, k: i32, x: usize, out: usize): void {
  const spare = spareBits<L>(highBits<F>() ? q5_k : q4_k);
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let z = scalesOfRow<L>(x, k);
  const end = z;
  while (x < end) {
    const d0 = halves4(scales);
    const d1 = halves4(scales + 8);
    let s = scales + 32;
    const last = x + 8 * blockBytes<L>();
    do {
      let a0 = i32x4.splat(0);
      let a1 = i32x4.splat(0);
      let c0 = lowStart(spare);
      let c1 = lowStart(spare);
      let h0 = i16x8.splat(0);
      let h1 = i16x8.splat(0);
      if (highBits<F>()) {
        h0 = v128.load(w, 128);
        h1 = v128.load(w, 144);
      }
      const stop = x + 32;
      let y = stop;
      do {
        const v = v128.load(w);
        const u = v128.load(w, 16);
        let n0 = codes0<F>(v, h0);
        let n1 = codes0<F>(u, h1);
        let e = high2<L>(x);
        a0 = dot(a0, n0, e);
        a1 = dot(a1, n1, e);
        let g = low2<L>(x);
        c0 = dotLow<L>(c0, n0, g);
        c1 = dotLow<L>(c1, n1, g);
        n0 = codes1<F>(v, h0);
        n1 = codes1<F>(u, h1);
        e = high2<L>(y);
        a0 = dot(a0, n0, e);
        a1 = dot(a1, n1, e);
        g = low2<L>(y);
        c0 = dotLow<L>(c0, n0, g);
        c1 = dotLow<L>(c1, n1, g);
        x += 4;
        y += 4;
        if (limbs<L>() === 2 && w === 0) break; // never: it keeps the loads behind it from being moved before it
        n0 = codes2<F>(v, h0);
        n1 = codes2<F>(u, h1);
        e = high2<L>(x);
        a0 = dot(a0, n0, e);
        a1 = dot(a1, n1, e);
        g = low2<L>(x);
        c0 = dotLow<L>(c0, n0, g);
        c1 = dotLow<L>(c1, n1, g);
        n0 = codes3<F>(v, h0);
        n1 = codes3<F>(u, h1);
        e = high2<L>(y);
        a0 = dot(a0, n0, e);
        a1 = dot(a1, n1, e);
        g = low2<L>(y);
        c0 = dotLow<L>(c0, n0, g);
        c1 = dotLow<L>(c1, n1, g);
        if (highBits<F>()) {
          h0 = i16x8.shr_u(h0, 1);
          h1 = i16x8.shr_u(h1, 1);
        }
        x += 4;
        y += 4;
        w += 32;
      } while (x < stop);
      const by = scaleOf(z, spare);
      const both = scales8<F>(s);
      const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(both));
      const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(both));
      f0 = addScaled(f0, joined<L>(a0, c0, spare), f32x4.mul(f32x4.mul(d0, low), by));
      f1 = addScaled(f1, joined<L>(a1, c1, spare), f32x4.mul(f32x4.mul(d1, high), by));
      x += blockBytes<L>() - 32;
      z += 4;
      s += 8;
      if (highBits<F>()) w += 32;
    } while (x < last);
    scales += groupScaleBytes<F>();
  }
  v128.store(out, f0);
  v128.store(out, f1, 16);
}

/** Of codes 0, 2, 1, 3 the first pair as 16-bit lanes. */
function evens(codes: v128): v128 {
  return v128.and(codes, i16x8.splat(255));
}

function odds(codes: v128): v128 {
  return i16x8.shr_u(codes, 8);
}

/** q6_k, whose scales serve 16 columns. Its codes are taken as they are stored, so that 32 times the sum of x is taken off. */
export function rowHalfRuns<L>(w: usize, scales: usize, k: i32, x: usize, out: usize): void {
  const spare = spareBits<L>(q6_k);
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let z = scalesOfRow<L>(x, k);
  let sums = limbSumsOfRow<L>(x, k);
  const end = z;
  while (x < end) {
    const d0 = halves4(scales);
    const d1 = halves4(scales + 8);
    let s = scales + 16;
    const last = x + 8 * blockBytes<L>();
    do {
      let a0 = i32x4.splat(-load<i32>(highSums<L>(sums)) << 5);
      let a1 = a0;
      let c0 = i32x4.sub(lowStart(spare), i32x4.splat(load<i32>(sums) << 5));
      let c1 = c0;
      let h0 = v128.load(w, 128);
      let h1 = v128.load(w, 144);
      let stop = x + 32;
      do {
        const v = sixBits(v128.load(w), i16x8.shl(h0, 4));
        const u = sixBits(v128.load(w, 16), i16x8.shl(h1, 4));
        let n = evens(v);
        let e = high2<L>(x);
        let g = low2<L>(x);
        a0 = dot(a0, n, e);
        c0 = dotLow<L>(c0, n, g);
        n = evens(u);
        a1 = dot(a1, n, e);
        c1 = dotLow<L>(c1, n, g);
        x += 4;
        if (limbs<L>() === 2 && w === 0) break; // never: it keeps the loads behind it from being moved before it
        n = odds(v);
        e = high2<L>(x);
        g = low2<L>(x);
        a0 = dot(a0, n, e);
        c0 = dotLow<L>(c0, n, g);
        n = odds(u);
        a1 = dot(a1, n, e);
        c1 = dotLow<L>(c1, n, g);
        h0 = i16x8.shr_u(h0, 2);
        h1 = i16x8.shr_u(h1, 2);
        x += 4;
        w += 32;
      } while (x < stop);
      let by = scaleOf(z, spare);
      let both = scales8<i32>(s);
      let scale = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(both));
      f0 = addScaled(f0, joined<L>(a0, c0, spare), f32x4.mul(f32x4.mul(d0, scale), by));
      scale = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(both));
      f1 = addScaled(f1, joined<L>(a1, c1, spare), f32x4.mul(f32x4.mul(d1, scale), by));

      a0 = i32x4.splat(-load<i32>(highSums<L>(sums), 4) << 5);
      a1 = a0;
      c0 = i32x4.sub(lowStart(spare), i32x4.splat(load<i32>(sums, 4) << 5));
      c1 = c0;
      w -= 128;
      h0 = v128.load(w, 160);
      h1 = v128.load(w, 176);
      stop = x + 32;
      do {
        const v = sixBits(i16x8.shr_u(v128.load(w), 4), i16x8.shl(h0, 4));
        const u = sixBits(i16x8.shr_u(v128.load(w, 16), 4), i16x8.shl(h1, 4));
        let n = evens(v);
        let e = high2<L>(x);
        let g = low2<L>(x);
        a0 = dot(a0, n, e);
        c0 = dotLow<L>(c0, n, g);
        n = evens(u);
        a1 = dot(a1, n, e);
        c1 = dotLow<L>(c1, n, g);
        x += 4;
        if (limbs<L>() === 2 && w === 0) break; // never, as above
        n = odds(v);
        e = high2<L>(x);
        g = low2<L>(x);
        a0 = dot(a0, n, e);
        c0 = dotLow<L>(c0, n, g);
        n = odds(u);
        a1 = dot(a1, n, e);
        c1 = dotLow<L>(c1, n, g);
        h0 = i16x8.shr_u(h0, 2);
        h1 = i16x8.shr_u(h1, 2);
        x += 4;
        w += 32;
      } while (x < stop);
      by = scaleOf(z, spare);
      both = scales8<i32>(s + 8);
      scale = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(both));
      f0 = addScaled(f0, joined<L>(a0, c0, spare), f32x4.mul(f32x4.mul(d0, scale), by));
      scale = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(both));
      f1 = addScaled(f1, joined<L>(a1, c1, spare), f32x4.mul(f32x4.mul(d1, scale), by));
      x += blockBytes<L>() - 64;
      w += 64;
      z += 4;
      sums += 4 * sizeof<L>();
      s += 16;
    } while (x < last);
    scales += groupScaleBytes<i32>();
  }
  v128.store(out, f0);
  v128.store(out, f1, 16);
}
