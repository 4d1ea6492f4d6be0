/*
 * Packed weights: a descriptor of four words (kind, log2 of the group, address of the codes, address of the scales) tells
 * where element i lies and what its group's scale is. A weight's `format` is 0 for f32, 1 for bf16, and else the
 * address of its descriptor.
 */

const f8e4m3: u32 = 0;
const q8_0: u32 = 1;
const mxfp4: u32 = 2;

export function isPackedFormat(format: usize): bool {
  return format > 1;
}

function half(bits: u32): f32 {
  const sign = (bits & 0x8000) << 16;
  const magnitude = bits & 0x7fff;
  // the exponent of bias 15 becomes one of bias 127, subnormals included
  const value = reinterpret<f32>(magnitude << 13) * reinterpret<f32>(0x77800000);
  return reinterpret<f32>(reinterpret<u32>(value) | sign);
}

function scaleOf(kind: u32, scales: usize, group: usize): f32 {
  if (kind === f8e4m3) return load<f32>(scales + (group << 2));
  if (kind === mxfp4) {
    const exponent = <u32>load<u8>(scales + group);
    return reinterpret<f32>(exponent === 0 ? 0x00400000 : exponent << 23);
  }
  return half(load<u16>(scales + (group << 1)));
}

/** Four e4m3 codes in 32-bit lanes as floats: the same bits under a bias of 127, made good by 2^120. */
function decodeE4m3(codes: v128): v128 {
  const magnitude = i32x4.shl(v128.and(codes, i32x4.splat(0x7f)), 20);
  const value = f32x4.mul(magnitude, f32x4.splat(reinterpret<f32>(0x7b800000)));
  return v128.or(value, i32x4.shl(v128.and(codes, i32x4.splat(0x80)), 24));
}

/** The eight codes of a word, one in each of the low eight bytes. */
function unpackNibbles(word: u32): v128 {
  const evens = i32x4.splat(word & 0x0f0f0f0f);
  const odds = i32x4.splat((word >> 4) & 0x0f0f0f0f);
  return v128.shuffle<i8>(evens, odds, 0, 16, 1, 17, 2, 18, 3, 19, 0, 16, 1, 17, 2, 18, 3, 19);
}

/** The upper halves of eight e2m1 codes as floats, whose lower halves are zero: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their signs. */
function decodeE2m1(codes: v128): v128 {
  const first = v128.swizzle(
    i8x16(0, 0x3f, 0x3f, 0x3f, 64, 64, 64, 64, -128, -65, -65, -65, -64, -64, -64, -64),
    codes,
  );
  const second = v128.swizzle(
    i8x16(0, 0, -128, -64, 0, 64, -128, -64, 0, 0, -128, -64, 0, 64, -128, -64),
    codes,
  );
  return v128.shuffle<i8>(second, first, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** Eight elements at scale 1 from `first` on, a multiple of 8, to `out`; times `scale`. */
function decode8(kind: u32, codes: usize, first: usize, scale: f32, out: usize): void {
  const factors = f32x4.splat(scale);
  let low: v128;
  let high: v128;
  if (kind === f8e4m3) {
    const wide = v128.load8x8_u(codes + first);
    low = decodeE4m3(i32x4.extend_low_i16x8_u(wide));
    high = decodeE4m3(i32x4.extend_high_i16x8_u(wide));
  } else if (kind === q8_0) {
    const wide = v128.load8x8_s(codes + first);
    low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(wide));
    high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(wide));
  } else {
    const nibbles = unpackNibbles(load<u32>(codes + (first >> 1)));
    if (kind === mxfp4) {
      const wide = decodeE2m1(nibbles);
      low = i32x4.shl(i32x4.extend_low_i16x8_u(wide), 16);
      high = i32x4.shl(i32x4.extend_high_i16x8_u(wide), 16);
    } else {
      const wide = i16x8.extend_low_i8x16_s(i8x16.sub(nibbles, i8x16.splat(8)));
      low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(wide));
      high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(wide));
    }
  }
  v128.store(out, f32x4.mul(low, factors));
  v128.store(out, f32x4.mul(high, factors), 16);
}

/** Elements [first, first + count) as f32, code times scale rounded once. `spare` is room for eight floats. */
export function decode(
  descriptor: usize,
  first: usize,
  count: i32,
  out: usize,
  spare: usize,
): void {
  const kind = load<u32>(descriptor);
  const shift = <usize>load<u32>(descriptor, 4);
  const codes = <usize>load<u32>(descriptor, 8);
  const scales = <usize>load<u32>(descriptor, 12);
  const end = first + <usize>count;
  let at = first;
  let to = out;
  while (at < end) {
    const block = at & ~7;
    const scale = scaleOf(kind, scales, block >> shift);
    if (block === at && at + 8 <= end) {
      const groupEnd = min(((at >> shift) + 1) << shift, end & ~7);
      for (; at < groupEnd; at += 8) {
        decode8(kind, codes, at, scale, to);
        to += 32;
      }
    } else {
      const until = min(block + 8, end);
      decode8(kind, codes, block, scale, spare);
      const bytes = (until - at) << 2;
      memory.copy(to, spare + ((at - block) << 2), bytes);
      to += bytes;
      at = until;
    }
  }
}
