import { codeSumsOfRow, scalesOfRow, sumsOfRow } from "./integerRows";
import { bytes4, groupScaleBytes, highBits, runBytes, scales8, subtractMinima1 } from "./kQuants";
import { halves4 } from "./packed";
import { q4_0, q4_k, q5_k, q8_0 } from "./panels";

/*
 * One row of x in whole numbers (integerRows.ts) times a panel as it is stored. The products of 32 columns, of q6_k of 16, are
 * added up in whole numbers, which is exact; that sum times the scales of both sides is added to the total in f32. Minima are taken
 * off behind that. integerTile.ts adds in the same order.
 */

/** A panel's eight sums to `out`. */
export function multiplyIntegerRow(
  kind: u32,
  codes: usize,
  scales: usize,
  k: i32,
  x: usize,
  out: usize,
): void {
  if (kind === q8_0) rowPairs(codes, scales, k, x, out);
  else if (kind === q4_0) rowNibbles(codes, scales, k, x, out);
  else if (kind === q4_k) {
    rowRuns<i8>(codes, scales, k, x, out);
    subtractMinima1(scales, k, sumsOfRow(x, k), out);
  } else if (kind === q5_k) {
    rowRuns<i16>(codes, scales, k, x, out);
    subtractMinima1(scales, k, sumsOfRow(x, k), out);
  } else rowHalfRuns(codes, scales, k, x, out);
}

/** `total` and a sum of whole numbers times its scales: once for a row and in a tile. */
export function addScaled(total: v128, sum: v128, scale: v128): v128 {
  return f32x4.add(total, f32x4.mul(f32x4.convert_i32x4_s(sum), scale));
}

function dot(sum: v128, codes: v128, x: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(codes, x));
}

function rowPairs(w: usize, s: usize, k: i32, x: usize, out: usize): void {
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let z = scalesOfRow(x, k);
  const end = z;
  while (x < end) {
    let a0 = i32x4.splat(0);
    let a1 = i32x4.splat(0);
    const stop = x + 64;
    do {
      const e0 = v128.load32_splat(x);
      const e1 = v128.load32_splat(x, 4);
      a0 = dot(a0, v128.load8x8_s(w), e0);
      a1 = dot(a1, v128.load8x8_s(w, 8), e0);
      a0 = dot(a0, v128.load8x8_s(w, 16), e1);
      a1 = dot(a1, v128.load8x8_s(w, 24), e1);
      x += 8;
      w += 32;
    } while (x < stop);
    const by = v128.load32_splat(z);
    f0 = addScaled(f0, a0, f32x4.mul(halves4(s), by));
    f1 = addScaled(f1, a1, f32x4.mul(halves4(s + 8), by));
    z += 4;
    s += 16;
  }
  v128.store(out, f0);
  v128.store(out, f1, 16);
}

/** q4_0: its codes less 8, so that eight times the sum of x is taken off. */
function rowNibbles(w: usize, s: usize, k: i32, x: usize, out: usize): void {
  const nibble = i16x8.splat(15);
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let z = scalesOfRow(x, k);
  let sums = codeSumsOfRow(x, k);
  const end = z;
  while (x < end) {
    let a0 = i32x4.neg(i32x4.shl(v128.load32_splat(sums), 3));
    let a1 = a0;
    const stop = x + 32;
    do {
      const v = v128.load(w);
      const u = v128.load(w, 16);
      let e = v128.load32_splat(x);
      a0 = dot(a0, v128.and(v, nibble), e);
      a1 = dot(a1, v128.and(u, nibble), e);
      e = v128.load32_splat(x, 32);
      a0 = dot(a0, v128.and(i16x8.shr_u(v, 4), nibble), e);
      a1 = dot(a1, v128.and(i16x8.shr_u(u, 4), nibble), e);
      e = v128.load32_splat(x, 4);
      a0 = dot(a0, v128.and(i16x8.shr_u(v, 8), nibble), e);
      a1 = dot(a1, v128.and(i16x8.shr_u(u, 8), nibble), e);
      e = v128.load32_splat(x, 36);
      a0 = dot(a0, i16x8.shr_u(v, 12), e);
      a1 = dot(a1, i16x8.shr_u(u, 12), e);
      x += 8;
      w += 32;
    } while (x < stop);
    const by = v128.load32_splat(z);
    f0 = addScaled(f0, a0, f32x4.mul(halves4(s), by));
    f1 = addScaled(f1, a1, f32x4.mul(halves4(s + 8), by));
    x += 32;
    z += 4;
    sums += 4;
    s += 16;
  }
  v128.store(out, f0);
  v128.store(out, f1, 16);
}

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
function rowRuns<F>(w: usize, scales: usize, k: i32, x: usize, out: usize): void {
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let z = scalesOfRow(x, k);
  const end = z;
  while (x < end) {
    const d0 = halves4(scales);
    const d1 = halves4(scales + 8);
    let s = scales + 32;
    const last = x + 512;
    do {
      let a0 = i32x4.splat(0);
      let a1 = i32x4.splat(0);
      let h0 = i16x8.splat(0);
      let h1 = i16x8.splat(0);
      if (highBits<F>()) {
        h0 = v128.load(w, 128);
        h1 = v128.load(w, 144);
      }
      const stop = x + 32;
      do {
        const v = v128.load(w);
        const u = v128.load(w, 16);
        let e = v128.load32_splat(x);
        a0 = dot(a0, codes0<F>(v, h0), e);
        a1 = dot(a1, codes0<F>(u, h1), e);
        e = v128.load32_splat(x, 32);
        a0 = dot(a0, codes1<F>(v, h0), e);
        a1 = dot(a1, codes1<F>(u, h1), e);
        e = v128.load32_splat(x, 4);
        a0 = dot(a0, codes2<F>(v, h0), e);
        a1 = dot(a1, codes2<F>(u, h1), e);
        e = v128.load32_splat(x, 36);
        a0 = dot(a0, codes3<F>(v, h0), e);
        a1 = dot(a1, codes3<F>(u, h1), e);
        if (highBits<F>()) {
          h0 = i16x8.shr_u(h0, 1);
          h1 = i16x8.shr_u(h1, 1);
        }
        x += 8;
        w += 32;
      } while (x < stop);
      const by = v128.load32_splat(z);
      const both = scales8<F>(s);
      const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(both));
      const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(both));
      f0 = addScaled(f0, a0, f32x4.mul(f32x4.mul(d0, low), by));
      f1 = addScaled(f1, a1, f32x4.mul(f32x4.mul(d1, high), by));
      x += 32;
      z += 4;
      s += 8;
      if (highBits<F>()) w += 32;
    } while (x < last);
    scales += groupScaleBytes<F>();
  }
  v128.store(out, f0);
  v128.store(out, f1, 16);
}

/** q6_k, whose scales serve 16 columns. */
function rowHalfRuns(w: usize, scales: usize, k: i32, x: usize, out: usize): void {
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let z = scalesOfRow(x, k);
  const end = z;
  while (x < end) {
    const d0 = halves4(scales);
    const d1 = halves4(scales + 8);
    let s = scales + 16;
    const last = x + 512;
    do {
      for (let part: usize = 0; part < 32; part += 16) {
        let a = i32x4.splat(0);
        let b = i32x4.splat(0);
        let h = v128.load(w + part, 128);
        let g = v128.load(w + part, 160);
        let y = x;
        let from = w + part;
        const stop = x + 32;
        do {
          const v = v128.load(from);
          let e = v128.load32_splat(y);
          a = dot(a, less32(v128.and(v, i16x8.splat(15)), i16x8.shl(h, 4)), e);
          e = v128.load32_splat(y, 4);
          a = dot(a, less32(v128.and(i16x8.shr_u(v, 8), i16x8.splat(15)), i16x8.shr_u(h, 4)), e);
          e = v128.load32_splat(y, 32);
          b = dot(b, less32(v128.and(i16x8.shr_u(v, 4), i16x8.splat(15)), i16x8.shl(g, 4)), e);
          e = v128.load32_splat(y, 36);
          b = dot(b, less32(i16x8.shr_u(v, 12), i16x8.shr_u(g, 4)), e);
          h = i16x8.shr_u(h, 2);
          g = i16x8.shr_u(g, 2);
          y += 8;
          from += 32;
        } while (y < stop);
        const by = v128.load32_splat(z);
        const at = s + (part >> 2);
        const d = part ? d1 : d0;
        let f = part ? f1 : f0;
        f = addScaled(f, a, f32x4.mul(f32x4.mul(d, bytes4<i32>(at)), by));
        f = addScaled(f, b, f32x4.mul(f32x4.mul(d, bytes4<i32>(at + 8)), by));
        if (part) f1 = f;
        else f0 = f;
      }
      x += 64;
      w += runBytes<i32>();
      z += 4;
      s += 16;
    } while (x < last);
    scales += groupScaleBytes<i32>();
  }
  v128.store(out, f0);
  v128.store(out, f1, 16);
}

/** A code of six bits, whose upper two stand in `highs`, less 32. */
function less32(low: v128, highs: v128): v128 {
  return i16x8.sub(v128.or(low, v128.and(highs, i16x8.splat(48))), i16x8.splat(32));
}
