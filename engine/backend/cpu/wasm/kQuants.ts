import {
  byteOfFour,
  column0,
  column1,
  column2,
  column3,
  half,
  halves4,
  nibbleByte,
  spreadHalves,
} from "./packed";
import { q4_k, q5_k, q6_k } from "./panels";

/*
 * ggml's formats of groups of 256 columns, as ../../kQuants.ts describes them. In a panel every 32 columns take 128 bytes of
 * low half bytes, as q4_0's, and behind them what is left of the codes: of q5_k 32 bytes [8][4], of which byte (row, j) has the fifth
 * bit of a column as bit i, that of the four columns from 4i on which stands there; of q6_k two times 32 bytes [8][4], for 16 columns each, with two bits for every i. The scales of a
 * group are d of eight rows, then dmin if there are minima, f16; then [runs][8] bytes of scales, and as many of minima.
 *
 * A product (integerRowKernel.ts) takes the minima off behind the sums of codes, each times the sum of the activations of its 32 columns.
 * Generic kernels take i8 for q4_k, i16 for q5_k and i32 for q6_k.
 */

const group: i32 = 256;

export function isKKind(kind: u32): bool {
  return kind >= q4_k;
}

export function highBits<F>(): i32 {
  return <i32>sizeof<F>() >> 1;
}

export function hasMinima<F>(): bool {
  return sizeof<F>() < 4;
}

/** Bytes of 32 columns of eight rows. */
export function runBytes<F>(): usize {
  return 128 + 32 * <usize>highBits<F>();
}

/** Bytes of the scales of eight groups. */
export function groupScaleBytes<F>(): usize {
  return hasMinima<F>() ? 160 : 144;
}

/** Sixteen codes, of four rows and columns 16 half + 4i to 4i + 3, as signed bytes. */
function codesOf<F>(block: usize, half: i32, i: i32, part: usize): v128 {
  const bytes = v128.load(block + ((<usize>i) << 5) + part);
  const low = v128.and(i16x8.shr_u(bytes, half << 2), i8x16.splat(15));
  if (highBits<F>() === 0) return low;
  if (highBits<F>() === 1) {
    const bits = i16x8.shr_u(v128.load(block + part, 128), (half << 2) + i);
    return v128.or(low, i16x8.shl(v128.and(bits, i8x16.splat(1)), 4));
  }
  const pairs = i16x8.shr_u(v128.load(block + ((<usize>half) << 5) + part, 128), i << 1);
  const codes = v128.or(low, i16x8.shl(v128.and(pairs, i8x16.splat(3)), 4));
  return i8x16.sub(codes, i8x16.splat(32));
}

/** Four small whole numbers as floats. */
function bytes4<F>(at: usize): v128 {
  const bytes = v128.load32_zero(at);
  if (hasMinima<F>())
    return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(bytes)));
}

/** Eight small whole numbers, as 16-bit lanes. */
export function scales8<F>(at: usize): v128 {
  return hasMinima<F>() ? v128.load8x8_u(at) : v128.load8x8_s(at);
}

/** The first four of eight 16-bit lanes, none below 0, as floats: converting numbers without a sign takes several instructions. */
function lowFloats(lanes: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(lanes));
}

/** The last four. */
function highFloats(lanes: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(lanes));
}

/** Takes off eight sums what the minima of a panel come to; `sums` has the sum of x over every 32 columns, f32. */
export function subtractMinima1(scales: usize, k: i32, sums: usize, out: usize): void {
  let f0 = v128.load(out);
  let f1 = v128.load(out, 16);
  const end = sums + (<usize>k >> 3);
  while (sums < end) {
    let g0 = f32x4.splat(0);
    let g1 = f32x4.splat(0);
    let at = scales + 96;
    const stop = sums + 32;
    do {
      let x = v128.load32_splat(sums);
      let bytes = v128.load8x8_u(at);
      g0 = f32x4.add(g0, f32x4.mul(lowFloats(bytes), x));
      g1 = f32x4.add(g1, f32x4.mul(highFloats(bytes), x));
      x = v128.load32_splat(sums, 4);
      bytes = v128.load8x8_u(at, 8);
      g0 = f32x4.add(g0, f32x4.mul(lowFloats(bytes), x));
      g1 = f32x4.add(g1, f32x4.mul(highFloats(bytes), x));
      sums += 8;
      at += 16;
    } while (sums < stop);
    f0 = f32x4.sub(f0, f32x4.mul(g0, halves4(scales + 16)));
    f1 = f32x4.sub(f1, f32x4.mul(g1, halves4(scales + 24)));
    scales += 160;
  }
  v128.store(out, f0);
  v128.store(out, f1, 16);
}

/** The same for a tile: four rows of sums, off (4, 8). */
export function subtractMinima4(
  scales: usize,
  k: i32,
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  totals: usize,
): void {
  const end = a + (<usize>k >> 3);
  while (a < end) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    let c0 = f32x4.splat(0);
    let c1 = f32x4.splat(0);
    let d0 = f32x4.splat(0);
    let d1 = f32x4.splat(0);
    let at = scales + 96;
    const stop = a + 32;
    do {
      const bytes = v128.load8x8_u(at);
      const low = lowFloats(bytes);
      const high = highFloats(bytes);
      let x = v128.load32_splat(a);
      a0 = f32x4.add(a0, f32x4.mul(low, x));
      a1 = f32x4.add(a1, f32x4.mul(high, x));
      x = v128.load32_splat(b);
      b0 = f32x4.add(b0, f32x4.mul(low, x));
      b1 = f32x4.add(b1, f32x4.mul(high, x));
      x = v128.load32_splat(c);
      c0 = f32x4.add(c0, f32x4.mul(low, x));
      c1 = f32x4.add(c1, f32x4.mul(high, x));
      x = v128.load32_splat(d);
      d0 = f32x4.add(d0, f32x4.mul(low, x));
      d1 = f32x4.add(d1, f32x4.mul(high, x));
      a += 4;
      b += 4;
      c += 4;
      d += 4;
      at += 8;
    } while (a < stop);
    const m0 = halves4(scales + 16);
    const m1 = halves4(scales + 24);
    subtractScaled(totals, a0, a1, m0, m1);
    subtractScaled(totals + 32, b0, b1, m0, m1);
    subtractScaled(totals + 64, c0, c1, m0, m1);
    subtractScaled(totals + 96, d0, d1, m0, m1);
    scales += 160;
  }
}

function subtractScaled(total: usize, low: v128, high: v128, m0: v128, m1: v128): void {
  v128.store(total, f32x4.sub(v128.load(total), f32x4.mul(low, m0)));
  v128.store(total, f32x4.sub(v128.load(total, 16), f32x4.mul(high, m1)), 16);
}

/** Four rows' scales of 16 columns, times 2^-24, since codes come times 2^24. */
function scales4<F>(scales: usize, run: i32, half: i32, part: usize): v128 {
  const d = f32x4.mul(halves4(scales + (part >> 1)), f32x4.splat(reinterpret<f32>(0x33800000)));
  const at = hasMinima<F>()
    ? scales + 32 + ((<usize>run) << 3)
    : scales + 16 + ((<usize>(2 * run + half)) << 3);
  return f32x4.mul(d, bytes4<F>(at + (part >> 2)));
}

function minima4<F>(scales: usize, run: i32, part: usize): v128 {
  if (!hasMinima<F>()) return f32x4.splat(0);
  const at = scales + 96 + ((<usize>run) << 3) + (part >> 2);
  return f32x4.mul(halves4(scales + 16 + (part >> 1)), bytes4<F>(at));
}

function weigh<F>(codes: v128, scales: v128, minima: v128): v128 {
  const products = f32x4.mul(codes, scales);
  return hasMinima<F>() ? f32x4.sub(products, minima) : products;
}

/** Does a weight of that kind have minima? */
export function hasMinimaOf(kind: u32): bool {
  return kind === q4_k || kind === q5_k;
}

function unpackPanelOf<F>(codes: usize, scales: usize, k: i32, to: usize): void {
  for (let block: i32 = 0; block < k >> 5; block++) {
    const run = block & 7;
    const m0 = minima4<F>(scales, run, 0);
    const m1 = minima4<F>(scales, run, 16);
    for (let half: i32 = 0; half < 2; half++) {
      const s0 = scales4<F>(scales, run, half, 0);
      const s1 = scales4<F>(scales, run, half, 16);
      for (let i: i32 = 0; i < 4; i++) {
        const v = codesOf<F>(codes, half, i, 0);
        const u = codesOf<F>(codes, half, i, 16);
        v128.store(to, weigh<F>(column0<i8>(v), s0, m0));
        v128.store(to, weigh<F>(column0<i8>(u), s1, m1), 16);
        v128.store(to, weigh<F>(column1<i8>(v), s0, m0), 32);
        v128.store(to, weigh<F>(column1<i8>(u), s1, m1), 48);
        v128.store(to, weigh<F>(column2<i8>(v), s0, m0), 64);
        v128.store(to, weigh<F>(column2<i8>(u), s1, m1), 80);
        v128.store(to, weigh<F>(column3<i8>(v), s0, m0), 96);
        v128.store(to, weigh<F>(column3<i8>(u), s1, m1), 112);
        to += 128;
      }
    }
    codes += runBytes<F>();
    if (run === 7) scales += groupScaleBytes<F>();
  }
}

/** A panel's weights as floats, [k][8]: code times scale, less the minimum, rounded once. */
export function unpackPanelK(kind: u32, codes: usize, scales: usize, k: i32, to: usize): void {
  if (kind === q4_k) unpackPanelOf<i8>(codes, scales, k, to);
  else if (kind === q5_k) unpackPanelOf<i16>(codes, scales, k, to);
  else unpackPanelOf<i32>(codes, scales, k, to);
}

/** The weight in column c of row r of a panel. */
export function valueK(kind: u32, codes: usize, scales: usize, c: i32, r: i32): f32 {
  const highs = kind - q4_k; // bits
  const block = codes + <usize>(c >> 5) * <usize>(128 + 32 * highs);
  const within = c & 31;
  const byte = <u32>load<u8>(block + nibbleByte(within, r));
  let code = <i32>((byte >> (<u32>(c >> 2) & 4)) & 15);
  const at = block + 128 + ((<usize>r) << 2) + byteOfFour(c);
  if (kind === q5_k) code |= (<i32>((<u32>load<u8>(at) >> (<u32>(c >> 2) & 7)) & 1)) << 4;
  if (kind === q6_k) {
    const pair = <u32>load<u8>(at + ((<usize>(c & 16)) << 1)) >> (2 * (<u32>(c >> 2) & 3));
    code = (code | ((<i32>(pair & 3)) << 4)) - 32;
  }
  const lane = <usize>r;
  const from = scales + <usize>(c / group) * (kind === q6_k ? 144 : 160);
  const d = half(load<u16>(from + (lane << 1)));
  const j = c & 255;
  if (kind === q6_k)
    return d * <f32>load<i8>(from + 16 + ((<usize>(j >> 4)) << 3) + lane) * <f32>code;
  const run = ((<usize>(j >> 5)) << 3) + lane;
  const minimum = half(load<u16>(from + (lane << 1), 16)) * <f32>load<u8>(from + run, 96);
  return d * <f32>load<u8>(from + run, 32) * <f32>code - minimum;
}

/** The lowest bit of each half byte, as eight neighbours. */
function gatherBits(bits: u32): u32 {
  const one = bits & 0x11111111;
  const two = (one | (one >> 3)) & 0x03030303;
  const four = (two | (two >> 6)) & 0x000f000f;
  return (four | (four >> 12)) & 255;
}

/** The lowest two bits of each byte, as four neighbours. */
function gatherPairs(bits: u32): u32 {
  const one = bits & 0x03030303;
  const two = (one | (one >> 6)) & 0x000f000f;
  return (two | (two >> 12)) & 255;
}

/** Writes columns [from, to) of row r, whole groups, from where codes lie as the host has them. */
export function writeRowK(
  kind: u32,
  codes: usize,
  r: i32,
  from: i32,
  to: i32,
  source: usize,
): void {
  const highs = <usize>(kind - q4_k);
  const lane = (<usize>r) << 2;
  for (let c = from; c < to; c += 32) {
    const block = codes + <usize>(c >> 5) * (128 + 32 * highs) + lane;
    const j = <usize>((c >> 5) & 7);
    const lows = source + (j << 4);
    for (let i: usize = 0; i < 4; i++) {
      const first = spreadHalves(load<u16>(lows + 2 * i));
      store<u32>(block + (i << 5), first | (spreadHalves(load<u16>(lows + 2 * i, 8)) << 4));
    }
    if (kind === q5_k) {
      const bits = load<u32>(source + (j << 2), 128);
      for (let b: u32 = 0; b < 4; b++) store<u8>(block + byteOfFour(b), gatherBits(bits >> b), 128);
    } else if (kind === q6_k)
      for (let h: usize = 0; h < 2; h++) {
        const pairs = load<u32>(source + (j << 3) + (h << 2), 128);
        for (let b: u32 = 0; b < 4; b++)
          store<u8>(block + (h << 5) + byteOfFour(b), gatherPairs(pairs >> (2 * b)), 128);
      }
    if (j === 7) source += 128 + 32 * highs;
  }
}

/** Writes the scales of a group of row r, as the host has them, among those of its eight rows. */
export function writeScalesK(kind: u32, scales: usize, index: usize, r: i32, source: usize): void {
  const lane = <usize>r;
  const at = scales + index * (kind === q6_k ? 144 : 160);
  store<u16>(at + (lane << 1), load<u16>(source));
  if (kind !== q6_k) store<u16>(at + (lane << 1), load<u16>(source, 2), 16);
  const first: usize = kind === q6_k ? 16 : 32;
  const from: usize = kind === q6_k ? 2 : 4;
  for (let j: usize = 0; j < 16; j++)
    store<u8>(at + first + (j << 3) + lane, load<u8>(source + from + j));
}
