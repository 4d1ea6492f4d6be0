import { firstPair, secondPair } from "./integerPanel";
import { limbSumsOfRow, limbs, lowBits, scalesOfRow, sumsOfRow } from "./integerRows";
import { bytes4, groupScaleBytes, highBits, runBytes, scales8, subtractMinima1 } from "./kQuants";
import { halves4, lookup, scale4 } from "./packed";
import { mxfp4, q4_0, q4_k, q5_k, q6_k, q8_0 } from "./panels";

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

/** `total` and a sum of whole numbers times its scales: once for a row and in a tile. */
export function addScaled(total: v128, sum: v128, scale: v128): v128 {
  return f32x4.add(total, f32x4.mul(f32x4.convert_i32x4_s(sum), scale));
}

export function dot(sum: v128, codes: v128, x: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(codes, x));
}

/**
 * Low limbs join the high ones with so many more bits: as many as leave 32 bits room for the codes of 32 columns. A tile has its codes so
 * much larger.
 */
export function spareBits<L>(kind: u32): i32 {
  if (limbs<L>() === 1) return 0;
  if (kind === q8_0) return 3;
  return kind === q5_k || kind === q6_k ? 5 : 6;
}

/** Where sums of low limbs begin: with a half of what is cut off when they join the high ones. */
export function lowStart(spare: i32): v128 {
  return i32x4.splat(1 << (lowBits - 1 - spare));
}

/** The sum of products with both limbs; of one limb that alone. */
function joined<L>(high: v128, low: v128, spare: i32): v128 {
  if (limbs<L>() === 1) return high;
  return i32x4.add(i32x4.shl(high, spare), i32x4.shr_s(low, lowBits - spare));
}

/** The scale of x where sums have more bits. */
function scaleOf(z: usize, spare: i32): v128 {
  const scale = v128.load32_splat(z);
  return spare ? f32x4.mul(scale, f32x4.splat(<f32>1 / <f32>(1 << spare))) : scale;
}

/** A pair of columns of the high limb, or of the only one; `low2` that of the low limb, if there is one. */
function high2<L>(x: usize): v128 {
  return limbs<L>() === 2 ? v128.load32_splat(x, 64) : v128.load32_splat(x);
}

function low2<L>(x: usize): v128 {
  return limbs<L>() === 2 ? v128.load32_splat(x) : i32x4.splat(0);
}

function dotLow<L>(sum: v128, codes: v128, x: v128): v128 {
  return limbs<L>() === 2 ? dot(sum, codes, x) : sum;
}

/** Bytes of 32 columns of x. */
function blockBytes<L>(): usize {
  return 32 * sizeof<L>();
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
    let a0 = i32x4.neg(i32x4.shl(v128.load32_splat(sums + 2 * sizeof<L>() - 4), 3));
    let a1 = a0;
    let c0 = i32x4.sub(lowStart(spare), i32x4.shl(v128.load32_splat(sums), 3));
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
    sums += 2 * sizeof<L>();
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
function rowRuns<F, L>(w: usize, scales: usize, k: i32, x: usize, out: usize): void {
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

/** q6_k, whose scales serve 16 columns. Four rows after the other: all eight would take more registers than there are. */
function rowHalfRuns<L>(w: usize, scales: usize, k: i32, x: usize, out: usize): void {
  const spare = spareBits<L>(q6_k);
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let z = scalesOfRow<L>(x, k);
  const end = z;
  while (x < end) {
    const d0 = halves4(scales);
    const d1 = halves4(scales + 8);
    let s = scales + 16;
    const last = x + 8 * blockBytes<L>();
    do {
      for (let part: usize = 0; part < 32; part += 16) {
        let a = i32x4.splat(0);
        let b = i32x4.splat(0);
        let c = lowStart(spare);
        let d = lowStart(spare);
        let h = v128.load(w + part, 128);
        let g = v128.load(w + part, 160);
        let from = w + part;
        let y = x;
        const stop = x + 32;
        let q = stop;
        do {
          const v = v128.load(from);
          let pair = less32(v128.and(v, i16x8.splat(15)), i16x8.shl(h, 4));
          a = dot(a, pair, high2<L>(y));
          c = dotLow<L>(c, pair, low2<L>(y));
          pair = less32(v128.and(i16x8.shr_u(v, 4), i16x8.splat(15)), i16x8.shl(g, 4));
          b = dot(b, pair, high2<L>(q));
          d = dotLow<L>(d, pair, low2<L>(q));
          y += 4;
          q += 4;
          pair = less32(v128.and(i16x8.shr_u(v, 8), i16x8.splat(15)), i16x8.shr_u(h, 4));
          a = dot(a, pair, high2<L>(y));
          c = dotLow<L>(c, pair, low2<L>(y));
          pair = less32(i16x8.shr_u(v, 12), i16x8.shr_u(g, 4));
          b = dot(b, pair, high2<L>(q));
          d = dotLow<L>(d, pair, low2<L>(q));
          h = i16x8.shr_u(h, 2);
          g = i16x8.shr_u(g, 2);
          y += 4;
          q += 4;
          from += 32;
        } while (y < stop);
        const by = scaleOf(z, spare);
        const at = s + (part >> 2);
        const scale = part ? d1 : d0;
        let f = part ? f1 : f0;
        f = addScaled(f, joined<L>(a, c, spare), f32x4.mul(f32x4.mul(scale, bytes4<i32>(at)), by));
        f = addScaled(
          f,
          joined<L>(b, d, spare),
          f32x4.mul(f32x4.mul(scale, bytes4<i32>(at + 8)), by),
        );
        if (part) f1 = f;
        else f0 = f;
      }
      x += blockBytes<L>();
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
