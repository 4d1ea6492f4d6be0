/*
 * Rows of x as 16-bit whole numbers: every 32 columns share a scale, the largest absolute value over 32767. A row of k columns
 * takes `integerRowBytes`: k codes of i16, then for every 32 columns the scale, f32; the sum of the codes times the scale, f32; and
 * the sum of the codes, i32.
 */

/** Below this a block counts as zero: 32767 over it would overflow. */
const least: f32 = 1e-34;

export function integerRowBytes(k: i32): usize {
  return ((<usize>k) << 1) + <usize>(k >> 5) * 12;
}

/** Of the row of k columns at x the scales. */
export function scalesOfRow(x: usize, k: i32): usize {
  return x + ((<usize>k) << 1);
}

/** The sums, f32. */
export function sumsOfRow(x: usize, k: i32): usize {
  return scalesOfRow(x, k) + ((<usize>(k >> 5)) << 2);
}

/** The sums of the codes alone, i32. */
export function codeSumsOfRow(x: usize, k: i32): usize {
  return sumsOfRow(x, k) + ((<usize>(k >> 5)) << 2);
}

/** Rows [from, to) of x, each of k columns, a multiple of 32. A block with a NaN or an infinity has that as its scale. */
export function quantizeRows(x: usize, k: i32, out: usize, from: i32, to: i32): void {
  const blocks = k >> 5;
  for (let t = from; t < to; t++) {
    const row = out + <usize>t * integerRowBytes(k);
    const scales = scalesOfRow(row, k);
    const sums = sumsOfRow(row, k);
    const codeSums = codeSumsOfRow(row, k);
    const given = x + ((<usize>t * k) << 2);
    for (let b = 0; b < blocks; b++) {
      const at = (<usize>b) << 2;
      const block = given + ((<usize>b) << 7);
      const largest = largestOf(block);
      const scale = largest * <f32>(1.0 / 32767.0);
      const sum = quantizeBlock(block, largest, row + ((<usize>b) << 6));
      store<f32>(scales + at, scale);
      store<f32>(sums + at, scale * <f32>sum);
      store<i32>(codeSums + at, sum);
    }
  }
}

function largestOf(block: usize): f32 {
  let most = f32x4.splat(0);
  const end = block + 128;
  for (; block < end; block += 16) most = f32x4.max(most, f32x4.abs(v128.load(block)));
  most = f32x4.max(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.max(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2)), 0);
}

/** @returns the sum of the codes */
function quantizeBlock(block: usize, largest: f32, out: usize): i32 {
  const by = f32x4.splat(largest > least ? <f32>32767 / largest : 0);
  const ones = i16x8.splat(1);
  let sum = i32x4.splat(0);
  const end = block + 128;
  for (; block < end; block += 32) {
    const low = f32x4.nearest(f32x4.mul(v128.load(block), by));
    const high = f32x4.nearest(f32x4.mul(v128.load(block, 16), by));
    const codes = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(low), i32x4.trunc_sat_f32x4_s(high));
    v128.store(out, codes);
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(codes, ones));
    out += 16;
  }
  sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
  return i32x4.extract_lane(i32x4.add(sum, v128.shuffle<i32>(sum, sum, 1, 0, 3, 2)), 0);
}
