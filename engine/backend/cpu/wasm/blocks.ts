import { swapMiddle } from "./packed";
import {
  bf16Kind,
  codesAt,
  columnsOf,
  kindOf,
  panelRows,
  q4_0,
  q4_k,
  q5_k,
  q6_k,
  q8_0,
  scalesAt,
} from "./panels";

/*
 * Rows as files have them, straight into panels, eight rows at a time: of f32 and bf16 elements, of ggml's types blocks of
 * scales and codes (engine/weights/gguf/splitBlocks.ts and splitKQuants.ts say how they lie). What is moved is moved as bits.
 */

/** Bytes of the scales of eight groups of q4_k and q5_k, and of q6_k; see kQuants.ts. */
const minimaScaleBytes: usize = 160;
const q6ScaleBytes: usize = 144;

/** Four units of 32 bits of each of four rows to where each unit of eight rows takes 32 bytes. */
function storeFour(a: v128, b: v128, c: v128, d: v128, to: usize): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 32);
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(abHigh, cdHigh, 0, 2), 64);
  v128.store(to, v128.shuffle<i64>(abHigh, cdHigh, 1, 3), 96);
}

/** Rows of `units` units of 32 bits, and what is left of them unit by unit. */
function writeUnits(source: usize, units: i32, to: usize): void {
  const row = (<usize>units) << 2;
  const whole = (<usize>(units & ~3)) << 2;
  for (let part: usize = 0; part < 2; part++) {
    const rows = source + 4 * part * row;
    const out = to + (part << 4);
    for (let i: usize = 0; i < whole; i += 16) {
      const at = rows + i;
      storeFour(
        v128.load(at),
        v128.load(at + row),
        v128.load(at + 2 * row),
        v128.load(at + 3 * row),
        out + (i << 3),
      );
    }
    for (let i = whole; i < row; i += 4)
      for (let r: usize = 0; r < 4; r++)
        store<u32>(out + (i << 3) + (r << 2), load<u32>(rows + r * row + i));
  }
}

/**
 * Writes panels [firstPanel + from, firstPanel + to) of a weight of f32, or of bf16 with an even number of columns; `source` has the
 * rows of firstPanel first.
 */
export function writePanels(w: usize, firstPanel: i32, source: usize, from: i32, to: i32): void {
  const units = kindOf(w) === bf16Kind ? columnsOf(w) >> 1 : columnsOf(w);
  const bytes = (<usize>units) << 5;
  for (let p = from; p < to; p++)
    writeUnits(source + <usize>p * bytes, units, codesAt(w, firstPanel + p));
}

/** Four f16 as f32: the exponent of bias 15 becomes one of bias 127, subnormals included; infinities and NaN stay what they are. */
function widened(at: usize): v128 {
  return widenedHalves(v128.load16x4_u(at));
}

/** The same of words of 32 bits. */
function widenedHalves(halves: v128): v128 {
  const shifted = i32x4.shr_s(i32x4.shl(halves, 16), 3);
  const bits = v128.and(shifted, i32x4.splat(0x8fffe000));
  const exponent = i32x4.splat(0x0f800000);
  const isInfinite = i32x4.eq(v128.and(bits, exponent), exponent);
  const infinite = v128.and(isInfinite, i32x4.splat(0x7f800000));
  return v128.or(f32x4.mul(bits, f32x4.splat(reinterpret<f32>(0x77800000))), infinite); // 2^112
}

/** As writePanels, for a weight of f32 whose rows come as f16. */
export function writeHalfPanels(
  w: usize,
  firstPanel: i32,
  source: usize,
  from: i32,
  to: i32,
): void {
  const k = columnsOf(w);
  const row = (<usize>k) << 1;
  const whole = (<usize>(k & ~3)) << 1;
  for (let p = from; p < to; p++)
    for (let part: usize = 0; part < 2; part++) {
      const rows = source + (2 * <usize>p + part) * 4 * row;
      const out = codesAt(w, firstPanel + p) + (part << 4);
      for (let i: usize = 0; i < whole; i += 8) {
        const at = rows + i;
        storeFour(
          widened(at),
          widened(at + row),
          widened(at + 2 * row),
          widened(at + 3 * row),
          out + (i << 4),
        );
      }
      for (let i = whole; i < row; i += 2)
        for (let r: usize = 0; r < 4; r++) {
          const half = widenedHalves(i32x4.splat(load<u16>(rows + r * row + i)));
          store<u32>(out + (i << 4) + (r << 2), i32x4.extract_lane(half, 0));
        }
    }
}

/** Four bytes in the order of the columns in the order in which they lie, four times. */
function swapped(bytes: v128): v128 {
  return v128.shuffle<i8>(bytes, bytes, 0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
}

/** The low halves of 32 bytes: those of the first sixteen stay low, those of the others become high. */
function lows(at: usize): v128 {
  const first = v128.and(v128.load(at), i8x16.splat(15));
  const second = i16x8.shl(v128.and(v128.load(at, 16), i8x16.splat(15)), 4);
  return swapped(v128.or(first, second));
}

/** The same of the high halves. */
function highs(at: usize): v128 {
  const first = v128.and(i16x8.shr_u(v128.load(at), 4), i8x16.splat(15));
  return swapped(v128.or(first, v128.and(v128.load(at, 16), i8x16.splat(-16))));
}

/** Of eight rows 32 bytes whose halves are the codes of two runs of 32 columns. */
function writeHalves(at: usize, row: usize, low: usize, high: usize): void {
  const beyond = at + 4 * row;
  storeFour(lows(at), lows(at + row), lows(at + 2 * row), lows(at + 3 * row), low);
  storeFour(highs(at), highs(at + row), highs(at + 2 * row), highs(at + 3 * row), high);
  low += 16;
  storeFour(lows(beyond), lows(beyond + row), lows(beyond + 2 * row), lows(beyond + 3 * row), low);
  high += 16;
  storeFour(
    highs(beyond),
    highs(beyond + row),
    highs(beyond + 2 * row),
    highs(beyond + 3 * row),
    high,
  );
}

function isFinite16(half: u32): bool {
  return (half & 0x7c00) !== 0x7c00;
}

/** Eight rows of 16 bytes as pairs of bytes, [8][8], transposed. */
function storePairs(at: usize, row: usize, to: usize): void {
  const a = v128.load(at);
  const b = v128.load(at + row);
  const c = v128.load(at + 2 * row);
  const d = v128.load(at + 3 * row);
  const ab = v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  const cd = v128.shuffle<i16>(c, d, 0, 8, 1, 9, 2, 10, 3, 11);
  storeQuarters(v128.shuffle<i32>(ab, cd, 0, 4, 1, 5), v128.shuffle<i32>(ab, cd, 2, 6, 3, 7), to);
  const abHigh = v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  const cdHigh = v128.shuffle<i16>(c, d, 4, 12, 5, 13, 6, 14, 7, 15);
  storeQuarters(
    v128.shuffle<i32>(abHigh, cdHigh, 0, 4, 1, 5),
    v128.shuffle<i32>(abHigh, cdHigh, 2, 6, 3, 7),
    to + 64,
  );
}

/** Two columns of four rows in each, of eight rows that take 16 bytes. */
function storeQuarters(first: v128, second: v128, to: usize): void {
  v128.store64_lane(to, first, 0);
  v128.store64_lane(to, first, 1, 16);
  v128.store64_lane(to, second, 0, 32);
  v128.store64_lane(to, second, 1, 48);
}

/** Q8_0: an f16 and 32 signed bytes. @returns whether all scales are finite */
function writeQ8(source: usize, k: i32, codes: usize, scales: usize): bool {
  const blocks = k >> 5;
  const row = <usize>blocks * 34;
  let isGood = true;
  for (let b = 0; b < blocks; b++) {
    for (let r: usize = 0; r < 8; r++) {
      const half = <u32>load<u16>(source + r * row);
      isGood = isGood && isFinite16(half);
      store<u16>(scales + (r << 1), half);
    }
    storePairs(source + 2, row, codes);
    storePairs(source + 2 + 4 * row, row, codes + 8);
    storePairs(source + 18, row, codes + 128);
    storePairs(source + 18 + 4 * row, row, codes + 136);
    source += 34;
    scales += 16;
    codes += 256;
  }
  return isGood;
}

/** Q4_0: an f16 and 16 bytes, byte j of elements j and j + 16, as panels have them. */
function writeQ4(source: usize, k: i32, codes: usize, scales: usize): bool {
  const blocks = k >> 5;
  const row = <usize>blocks * 18;
  let isGood = true;
  for (let b = 0; b < blocks; b++) {
    for (let r: usize = 0; r < 8; r++) {
      const half = <u32>load<u16>(source + r * row);
      isGood = isGood && isFinite16(half);
      store<u16>(scales + (r << 1), half);
    }
    for (let part: usize = 0; part < 2; part++) {
      const at = source + 2 + 4 * part * row;
      storeFour(
        swapped(v128.load(at)),
        swapped(v128.load(at + row)),
        swapped(v128.load(at + 2 * row)),
        swapped(v128.load(at + 3 * row)),
        codes + (part << 4),
      );
    }
    source += 18;
    scales += 16;
    codes += 128;
  }
  return isGood;
}

/** Eight bytes of a row to where eight rows lie side by side. */
function spreadBytes(low: u32, high: u32, to: usize): void {
  for (let i: usize = 0; i < 32; i += 8) {
    store<u8>(to + i, <u8>(low >> <u32>i));
    store<u8>(to + i, <u8>(high >> <u32>i), 32);
  }
}

/** f16 d and dmin, and 6-bit scales and minima in 12 bytes, of a row's group. */
function writeMinimaScales(at: usize, r: usize, scales: usize): bool {
  const d = <u32>load<u16>(at);
  const dmin = <u32>load<u16>(at, 2);
  const scale = load<u32>(at, 4);
  const minimum = load<u32>(at, 8);
  const rest = load<u32>(at, 12);
  store<u16>(scales + (r << 1), d);
  store<u16>(scales + (r << 1), dmin, 16);
  const highScales = (rest & 0x0f0f0f0f) | ((scale >> 2) & 0x30303030);
  const highMinima = ((rest >> 4) & 0x0f0f0f0f) | ((minimum >> 2) & 0x30303030);
  spreadBytes(scale & 0x3f3f3f3f, highScales, scales + 32 + r);
  spreadBytes(minimum & 0x3f3f3f3f, highMinima, scales + 96 + r);
  return isFinite16(d) && isFinite16(dmin);
}

/** Q4_K: scales, and 128 bytes of half bytes, of each 32 of which byte i has elements i and i + 32. */
function writeQ4K(source: usize, k: i32, codes: usize, scales: usize): bool {
  const blocks = k >> 8;
  const row = <usize>blocks * 144;
  let isGood = true;
  for (let b = 0; b < blocks; b++) {
    for (let r: usize = 0; r < 8; r++)
      isGood = writeMinimaScales(source + r * row, r, scales) && isGood;
    for (let part: usize = 0; part < 4; part++)
      writeHalves(source + 16 + (part << 5), row, codes + (part << 8), codes + 128 + (part << 8));
    source += 144;
    scales += minimaScaleBytes;
    codes += 1024;
  }
  return isGood;
}

/** Of 32 bytes the fifth bits of eight runs of a row, to where a run takes 160 bytes. */
function writeFifthBits(at: usize, to: usize): void {
  const v = v128.load(at);
  const u = v128.load(at, 16);
  const evens = v128.shuffle<i8>(v, u, 0, 4, 8, 12, 16, 20, 24, 28, 2, 6, 10, 14, 18, 22, 26, 30);
  const odds = v128.shuffle<i8>(v, u, 1, 5, 9, 13, 17, 21, 25, 29, 3, 7, 11, 15, 19, 23, 27, 31);
  for (let run: i32 = 0; run < 8; run++) {
    const low = i8x16.bitmask(i16x8.shl(evens, 7 - run));
    const high = i8x16.bitmask(i16x8.shl(odds, 7 - run));
    store<u32>(to, low | (high << 16));
    to += 160;
  }
}

/** As Q4_K, with 32 bytes before the half bytes, of which byte i has bit r for element i of run r. */
function writeQ5K(source: usize, k: i32, codes: usize, scales: usize): bool {
  const blocks = k >> 8;
  const row = <usize>blocks * 176;
  let isGood = true;
  for (let b = 0; b < blocks; b++) {
    for (let r: usize = 0; r < 8; r++) {
      isGood = writeMinimaScales(source + r * row, r, scales) && isGood;
      writeFifthBits(source + r * row + 16, codes + 128 + (r << 2));
    }
    for (let part: usize = 0; part < 4; part++)
      writeHalves(source + 48 + (part << 5), row, codes + 320 * part, codes + 320 * part + 160);
    source += 176;
    scales += minimaScaleBytes;
    codes += 1280;
  }
  return isGood;
}

/** Of a half of a block 32 bytes of quarters, each of a run of a row, to where a run takes 192 bytes. */
function writeQuarters(at: usize, to: usize): void {
  for (let run: u32 = 0; run < 4; run++) {
    const shift = 2 * run;
    for (let h: usize = 0; h < 2; h++) {
      const from = at + (h << 4);
      let word = (load<u32>(from) >> shift) & 0x03030303;
      word |= ((load<u32>(from, 4) >> shift) & 0x03030303) << 2;
      word |= ((load<u32>(from, 8) >> shift) & 0x03030303) << 4;
      word |= ((load<u32>(from, 12) >> shift) & 0x03030303) << 6;
      store<u32>(to + (h << 5), swapMiddle(word), 128);
    }
    to += 192;
  }
}

/** Q6_K: of each half 64 bytes of low half bytes; then 64 of quarters; 16 signed scales; f16 d. */
function writeQ6K(source: usize, k: i32, codes: usize, scales: usize): bool {
  const blocks = k >> 8;
  const row = <usize>blocks * 210;
  let isGood = true;
  for (let b = 0; b < blocks; b++) {
    for (let r: usize = 0; r < 8; r++) {
      const at = source + r * row;
      const d = <u32>load<u16>(at, 208);
      isGood = isGood && isFinite16(d);
      store<u16>(scales + (r << 1), d);
      spreadBytes(load<u32>(at, 192), load<u32>(at, 196), scales + 16 + r);
      spreadBytes(load<u32>(at, 200), load<u32>(at, 204), scales + 80 + r);
      writeQuarters(at + 128, codes + (r << 2));
      writeQuarters(at + 160, codes + 768 + (r << 2));
    }
    for (let half: usize = 0; half < 2; half++)
      for (let part: usize = 0; part < 2; part++) {
        const to = codes + 768 * half + 192 * part;
        writeHalves(source + (half << 6) + (part << 5), row, to, to + 384);
      }
    source += 210;
    scales += q6ScaleBytes;
    codes += 1536;
  }
  return isGood;
}

function blockRowBytes(kind: u32, k: i32): usize {
  if (kind === q8_0) return <usize>(k >> 5) * 34;
  if (kind === q4_0) return <usize>(k >> 5) * 18;
  if (kind === q4_k) return <usize>(k >> 8) * 144;
  return <usize>(k >> 8) * (kind === q5_k ? 176 : 210);
}

/**
 * Writes panels [firstPanel + from, firstPanel + to) of a weight of blocks, of which `source` has the rows of firstPanel first.
 * @returns the last of these panels with a scale that is not finite; -1 if there is none
 */
export function writeBlocks(w: usize, firstPanel: i32, source: usize, from: i32, to: i32): i32 {
  const kind = kindOf(w);
  const k = columnsOf(w);
  const bytes = <usize>panelRows * blockRowBytes(kind, k);
  let bad = -1;
  for (let p = from; p < to; p++) {
    const rows = source + <usize>p * bytes;
    const codes = codesAt(w, firstPanel + p);
    const scales = scalesAt(w, firstPanel + p);
    let isGood = false;
    if (kind === q8_0) isGood = writeQ8(rows, k, codes, scales);
    else if (kind === q4_0) isGood = writeQ4(rows, k, codes, scales);
    else if (kind === q4_k) isGood = writeQ4K(rows, k, codes, scales);
    else if (kind === q5_k) isGood = writeQ5K(rows, k, codes, scales);
    else if (kind === q6_k) isGood = writeQ6K(rows, k, codes, scales);
    if (!isGood) bad = p;
  }
  return bad;
}
