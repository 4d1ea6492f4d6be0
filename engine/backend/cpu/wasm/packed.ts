import { f8e4m3, mxfp4, q4_0, q4_k, q6_k, q8_0 } from "./panels";

/*
 * The packed formats. In a panel codes of q8_0 lie as [k/2][8][2], in pairs of columns. Of the others the four bytes of a row
 * hold columns 0, 2, 1, 3, so that 16-bit lanes hold pairs of columns too: f8e4m3 as [k/4][8][4], codes of four bits as [k/32][4][8][4],
 * where of every 32 columns byte (i, row, j) holds one of columns 4i to 4i + 3 in its low and that 16 columns on in its high half. A
 * group of columns that share a scale is a multiple of 32 columns.
 *
 * A product of codes that are whole numbers is taken in such: see integerRowKernel.ts. Of f8e4m3 it sums code times activation over 16
 * columns in f32, then that sum times the scale is added to the total. As floats codes may come as a power of two of themselves,
 * `unit`, which rounds nothing.
 *
 * To add a format: its number in panels.ts and in panelLayout.ts; a type that names it for generic kernels, where i8 is q8_0, u8
 * f8e4m3, i16 q4_0 and u16 mxfp4; its arms in `lookup` or `column0` to `column3` (what a code stands for), `unit`, `scale4`,
 * `scaleAt` and `codeValue`; its rows in integerRowKernel.ts, integerPanel.ts and unpack.ts; where files have it in blocks, what takes
 * eight rows of these in blocks.ts. One with minima takes them off by the sums of the activations, as kQuants.ts does.
 */

const two112: u32 = 0x77800000;
const two120: u32 = 0x7b800000;

/** What the sum over codes as the kernels read them has to be multiplied by. */
export function unit<F>(): f32 {
  if (sizeof<F>() === 2)
    return isSigned<F>() ? reinterpret<f32>(0x33800000) : reinterpret<f32>(0x33000000);
  return isSigned<F>() ? reinterpret<f32>(0x37800000) : <f32>1; // 2^-16
}

/** Bytes of a scale. */
export function scaleBytes<F>(): usize {
  if (sizeof<F>() === 1 && !isSigned<F>()) return 4;
  if (sizeof<F>() === 2 && !isSigned<F>()) return 1;
  return 2;
}

/** Four scales as f32. */
export function scale4<F>(at: usize): v128 {
  if (sizeof<F>() === 1 && !isSigned<F>()) return v128.load(at);
  if (sizeof<F>() === 2 && !isSigned<F>()) {
    // exponents of powers of two, biased by 127; 0 stands for the subnormal 2^-127
    const exponents = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
    const subnormal = v128.and(i32x4.eq(exponents, i32x4.splat(0)), i32x4.splat(0x00400000));
    return v128.or(i32x4.shl(exponents, 23), subnormal);
  }
  return halves4(at);
}

/** Four f16 as f32: the exponent of bias 15 becomes one of bias 127, subnormals included; three copies of the sign above it are cut off. */
export function halves4(at: usize): v128 {
  const halves = v128.and(i32x4.shl(v128.load16x4_s(at), 13), i32x4.splat(0x8fffe000));
  return f32x4.mul(halves, f32x4.splat(reinterpret<f32>(two112)));
}

/** What the codes of four bits stand for, as bytes: less 8, or twice an e2m1. */
export function lookup<F>(): v128 {
  if (isSigned<F>()) return i8x16(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
  return i8x16(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
}

/** The code in the uppermost byte of each lane as a float: an e4m3 with its bits under a bias of 127, made good by 2^120. */
function uppermost<F>(v: v128): v128 {
  if (sizeof<F>() === 1 && !isSigned<F>()) {
    const bits = v128.and(i32x4.shr_s(v, 4), i32x4.splat(0x87f00000));
    return f32x4.mul(bits, f32x4.splat(reinterpret<f32>(two120)));
  }
  return f32x4.convert_i32x4_s(v);
}

function cut<F>(v: v128): v128 {
  if (sizeof<F>() === 1 && !isSigned<F>()) return v;
  return v128.and(v, i32x4.splat(0xff000000));
}

/** Of four codes in each lane the one of the first column, of four rows, as floats. */
export function column0<F>(v: v128): v128 {
  return uppermost<F>(i32x4.shl(v, 24));
}

export function column1<F>(v: v128): v128 {
  return uppermost<F>(cut<F>(i32x4.shl(v, 8)));
}

export function column2<F>(v: v128): v128 {
  return uppermost<F>(cut<F>(i32x4.shl(v, 16)));
}

export function column3<F>(v: v128): v128 {
  return uppermost<F>(cut<F>(v));
}

/** An f16 as f32. */
export function half(bits: u32): f32 {
  const value = reinterpret<f32>((bits & 0x7fff) << 13) * reinterpret<f32>(two112);
  return reinterpret<f32>(reinterpret<u32>(value) | ((bits & 0x8000) << 16));
}

/** Bytes of the scales of a group, as the host has them. */
export function scaleBytesOf(kind: u32): usize {
  if (kind === q6_k) return 18;
  if (kind >= q4_k) return 20;
  return kind === f8e4m3 ? 4 : kind === mxfp4 ? 1 : 2;
}

/** The scale with that number among `scales`. */
export function scaleAt(kind: u32, scales: usize, index: usize): f32 {
  if (kind === f8e4m3) return load<f32>(scales + (index << 2));
  if (kind === mxfp4) {
    const exponent = <u32>load<u8>(scales + index);
    return reinterpret<f32>(exponent === 0 ? 0x00400000 : exponent << 23);
  }
  return half(load<u16>(scales + (index << 1)));
}

/** What a code stands for at scale 1. */
export function codeValue(kind: u32, code: u32): f32 {
  if (kind === q8_0) return <f32>(<i32>(code << 24) >> 24);
  if (kind === q4_0) return <f32>(<i32>code - 8);
  if (kind === f8e4m3) {
    const value = reinterpret<f32>((code & 0x7f) << 20) * reinterpret<f32>(two120);
    return reinterpret<f32>(reinterpret<u32>(value) | ((code & 0x80) << 24));
  }
  // e2m1: sign, two bits of exponent, one of mantissa; subnormal as f32, which has the same form
  const value = reinterpret<f32>((code & 7) << 22) * reinterpret<f32>(0x7e800000);
  return reinterpret<f32>(reinterpret<u32>(value) | ((code & 8) << 28));
}

/** Which of the four bytes of a row holds that column. */
export function byteOfFour(c: i32): usize {
  return <usize>(((c & 1) << 1) | ((c >> 1) & 1));
}

/** The byte that holds column c of row r of a panel of four-bit codes; the half is (c >> 4) & 1. */
export function nibbleByte(c: i32, r: i32): usize {
  return ((<usize>(c >> 5)) << 7) + codeByte(c & 15, r);
}

/** The byte that holds column c of row r of a panel of f8e4m3. */
export function codeByte(c: i32, r: i32): usize {
  return ((<usize>(c >> 2)) << 5) + ((<usize>r) << 2) + byteOfFour(c);
}

/** The byte that holds column c of row r of a panel of q8_0. */
export function pairByte(c: i32, r: i32): usize {
  return ((<usize>(c >> 1)) << 4) + ((<usize>r) << 1) + <usize>(c & 1);
}

/** Four bytes in the order of the columns in the order in which they lie, and back. */
export function swapMiddle(bytes: u32): u32 {
  return (bytes & 0xff0000ff) | ((bytes & 0xff00) << 8) | ((bytes >> 8) & 0xff00);
}

/** Four codes of four bits, one in each of the low halves of the four bytes of a row. */
export function spreadHalves(codes: u32): u32 {
  return (codes & 15) | ((codes & 0xf0) << 12) | (codes & 0xf00) | ((codes & 0xf000) << 12);
}
