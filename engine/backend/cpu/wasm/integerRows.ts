/*
 * Rows of x as whole numbers, every 32 columns with a scale. They have one limb of 16 bits, of which the largest absolute value of the 32
 * becomes 32767; or two, high and low / 2^15, with a power of two as the scale: then a value keeps all its bits where it is above
 * 2^-7 of the largest, and what another loses is below 2^-30 of that. Generic kernels take i16 for one limb and i32 for two.
 *
 * A row of k columns takes `integerRowBytes`: for every 32 columns the low limbs, if there are such, then the high ones, i16; behind them
 * for every 32 columns the scale, f32; the sum of the values, f32; and of each limb, low and high, the sums of 16 and 16 columns, i32.
 */

/** Below this a block counts as zero in one limb: 32767 over it would overflow. */
const least: f32 = 1e-34;

/** Bits of the low limb. */
export const lowBits: i32 = 15;

export function limbs<L>(): i32 {
  return <i32>sizeof<L>() >> 1;
}

export function integerRowBytes<L>(k: i32): usize {
  return <usize>k * sizeof<L>() + <usize>(k >> 5) * (8 + 4 * sizeof<L>());
}

/** Of the row of k columns at x the scales. */
export function scalesOfRow<L>(x: usize, k: i32): usize {
  return x + <usize>k * sizeof<L>();
}

/** The sums, f32. */
export function sumsOfRow<L>(x: usize, k: i32): usize {
  return scalesOfRow<L>(x, k) + ((<usize>(k >> 5)) << 2);
}

/** The sums of each limb, i32, two of every 32 columns: low ones, if there are such, then high ones. */
export function limbSumsOfRow<L>(x: usize, k: i32): usize {
  return sumsOfRow<L>(x, k) + ((<usize>(k >> 5)) << 2);
}

/** Of the sums of 32 columns those of the high limb, or of the only one. */
export function highSums<L>(limbSums: usize): usize {
  return limbSums + ((<usize>(limbs<L>() - 1)) << 3);
}

/** Rows [from, to) of x, each of k columns, a multiple of 32. A block with a NaN or an infinity has that as its scale. */
export function quantizeRows(
  limbCount: i32,
  x: usize,
  k: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  for (let t = from; t < to; t++) {
    const row = x + ((<usize>t * k) << 2);
    if (limbCount === 1) quantizeRow<i16>(row, k, out + <usize>t * integerRowBytes<i16>(k));
    else quantizeRow<i32>(row, k, out + <usize>t * integerRowBytes<i32>(k));
  }
}

export function quantizeRow<L>(x: usize, k: i32, row: usize): void {
  let scales = scalesOfRow<L>(row, k);
  let sums = sumsOfRow<L>(row, k);
  let limbSums = limbSumsOfRow<L>(row, k);
  for (let b = 0; b < k >> 5; b++) {
    const largest = largestOf(x);
    if (limbs<L>() === 1) {
      const scale = largest * <f32>(1.0 / 32767.0);
      const first = quantizeHalf(x, largest, row);
      const second = quantizeHalf(x + 64, largest, row + 32);
      store<f32>(scales, scale);
      store<f32>(sums, scale * <f32>(first + second));
      store<i32>(limbSums, first);
      store<i32>(limbSums, second, 4);
    } else splitBlock(x, largest, row, scales, sums, limbSums);
    x += 128;
    row += 32 * sizeof<L>();
    scales += 4;
    sums += 4;
    limbSums += 4 * sizeof<L>();
  }
}

/** The largest absolute value; a NaN counts as the largest of all. */
function largestOf(block: usize): f32 {
  const magnitude = i32x4.splat(0x7fffffff);
  let most = i32x4.splat(0);
  const end = block + 128;
  for (; block < end; block += 16) most = i32x4.max_s(most, v128.and(v128.load(block), magnitude));
  most = i32x4.max_s(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  most = i32x4.max_s(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
  return f32x4.extract_lane(most, 0);
}

function sumLanes(sum: v128): i32 {
  const two = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
  return i32x4.extract_lane(i32x4.add(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2)), 0);
}

/** 3 2^22: added to a float below 2^22 it leaves the nearest whole number in the low bits. */
const rounder: f32 = 12582912;

/** The whole numbers of 16 bits nearest to eight floats to which `rounder` was added. */
function lowHalves(first: v128, second: v128): v128 {
  return v128.shuffle<i16>(first, second, 0, 2, 4, 6, 8, 10, 12, 14);
}

/** Sixteen columns. @returns the sum of the whole numbers */
function quantizeHalf(half: usize, largest: f32, out: usize): i32 {
  const by = f32x4.splat(largest > least ? <f32>32767 / largest : 0);
  const round = f32x4.splat(rounder);
  const ones = i16x8.splat(1);
  let sum = i32x4.splat(0);
  const end = half + 64;
  for (; half < end; half += 32) {
    const first = f32x4.add(f32x4.mul(v128.load(half), by), round);
    const second = f32x4.add(f32x4.mul(v128.load(half, 16), by), round);
    const codes = lowHalves(first, second);
    v128.store(out, codes);
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(codes, ones));
    out += 16;
  }
  return sumLanes(sum);
}

/** The nearest whole number, as a float, at most the largest of 16 bits. */
function whole(v: v128): v128 {
  const round = f32x4.splat(rounder);
  return f32x4.pmin(f32x4.sub(f32x4.add(v, round), round), f32x4.splat(32767));
}

/** What `whole` left of a value, 2^15 times, rounded as `lowHalves` takes it. */
function rest(v: v128, high: v128): v128 {
  const bits = f32x4.mul(f32x4.sub(v, high), f32x4.splat(<f32>(1 << lowBits)));
  return f32x4.add(bits, f32x4.splat(rounder));
}

/** Of `largest`, below 2^e, the high limbs are x 2^(15 - e), rounded. */
function splitBlock(
  block: usize,
  largest: f32,
  out: usize,
  scales: usize,
  sums: usize,
  limbSums: usize,
): void {
  const exponent = reinterpret<u32>(largest) >> 23; // e + 126
  const reach = max(exponent, 15); // 2^(e - 15) is no f32 below
  const by = f32x4.splat(reinterpret<f32>((268 - reach) << 23));
  const scale = exponent < 255 ? reinterpret<f32>((reach - 14) << 23) : largest;
  const round = f32x4.splat(rounder);
  const ones = i16x8.splat(1);
  let highs = 0;
  let lows = 0;
  const end = block + 128;
  while (block < end) {
    let highSum = i32x4.splat(0);
    let lowSum = i32x4.splat(0);
    const stop = block + 64;
    for (; block < stop; block += 32) {
      const v = f32x4.mul(v128.load(block), by);
      const u = f32x4.mul(v128.load(block, 16), by);
      const highV = whole(v);
      const highU = whole(u);
      const high = lowHalves(f32x4.add(highV, round), f32x4.add(highU, round));
      const low = lowHalves(rest(v, highV), rest(u, highU));
      v128.store(out, low);
      v128.store(out, high, 64);
      highSum = i32x4.add(highSum, i32x4.dot_i16x8_s(high, ones));
      lowSum = i32x4.add(lowSum, i32x4.dot_i16x8_s(low, ones));
      out += 16;
    }
    const highOfHalf = sumLanes(highSum);
    const lowOfHalf = sumLanes(lowSum);
    store<i32>(limbSums, lowOfHalf);
    store<i32>(limbSums, highOfHalf, 8);
    limbSums += 4;
    highs += highOfHalf;
    lows += lowOfHalf;
  }
  store<f32>(scales, scale);
  store<f32>(sums, scale * (<f32>highs + <f32>lows / <f32>(1 << lowBits)));
}
