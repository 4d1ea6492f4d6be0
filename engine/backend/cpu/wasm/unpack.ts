import { column0, column1, column2, column3, lookup, scale4, scaleBytes, unit } from "./packed";
import {
  bf16Kind,
  codesAt,
  columnsOf,
  f8e4m3,
  f32Kind,
  groupShiftOf,
  kindOf,
  mxfp4,
  q8_0,
  scalesAt,
} from "./panels";

/*
 * A panel as floats, once for many rows of x: codes at scale 1, [k][8], and the scale of every block of 16 columns, [k/16][8].
 */

/** Are the scales of this kind apart from the floats? */
export function isPackedKind(kind: u32): bool {
  return kind > bf16Kind;
}

/** The panel as floats, but of k-quants: where it lies, or unpacked to `to`, which has room for 8 (k + 1) floats, with `scales` of k/16 blocks. */
export function floatPanel(w: usize, panel: i32, to: usize, scales: usize): usize {
  const kind = kindOf(w);
  const codes = codesAt(w, panel);
  if (kind === f32Kind) return codes;
  const k = columnsOf(w);
  if (kind === bf16Kind) unpackBf16(codes, k, to);
  else {
    const from = scalesAt(w, panel);
    const shift = groupShiftOf(w);
    if (kind === q8_0) unpackPairs(codes, from, shift, k, to, scales);
    else if (kind === f8e4m3) unpackCodes(codes, from, shift, k, to, scales);
    else if (kind === mxfp4) unpackNibbles<u16>(codes, from, shift, k, to, scales);
    else unpackNibbles<i16>(codes, from, shift, k, to, scales);
  }
  return to;
}

/** Multiplies codes by their scales, each product rounded once. */
export function applyScales(panel: usize, scales: usize, k: i32): void {
  let at = panel;
  for (let i = 0; i < k; i += 16) {
    const s0 = v128.load(scales);
    const s1 = v128.load(scales, 16);
    const stop = at + 512;
    do {
      v128.store(at, f32x4.mul(v128.load(at), s0));
      v128.store(at, f32x4.mul(v128.load(at, 16), s1), 16);
      at += 32;
    } while (at < stop);
    scales += 32;
  }
}

/** k columns of a bf16 panel as floats; of an odd number one more, of zeros. */
export function unpackBf16(codes: usize, k: i32, to: usize): void {
  const odds = i32x4.splat(0xffff0000);
  for (let i = 0; i < k; i += 2) {
    const v = v128.load(codes);
    const u = v128.load(codes, 16);
    v128.store(to, i32x4.shl(v, 16));
    v128.store(to, i32x4.shl(u, 16), 16);
    v128.store(to, v128.and(v, odds), 32);
    v128.store(to, v128.and(u, odds), 48);
    codes += 32;
    to += 64;
  }
}

function unpackScales<F>(from: usize, shift: i32, k: i32, to: usize): void {
  const four = 4 * scaleBytes<F>();
  for (let i = 0; i < k; i += 16) {
    const s = from + <usize>(i >> shift) * 2 * four;
    v128.store(to, scale4<F>(s));
    v128.store(to, scale4<F>(s + four), 16);
    to += 32;
  }
}

/** Four columns of eight rows. */
function storeColumns<F>(v: v128, u: v128, units: v128, to: usize): void {
  v128.store(to, f32x4.mul(column0<F>(v), units));
  v128.store(to, f32x4.mul(column0<F>(u), units), 16);
  v128.store(to, f32x4.mul(column1<F>(v), units), 32);
  v128.store(to, f32x4.mul(column1<F>(u), units), 48);
  v128.store(to, f32x4.mul(column2<F>(v), units), 64);
  v128.store(to, f32x4.mul(column2<F>(u), units), 80);
  v128.store(to, f32x4.mul(column3<F>(v), units), 96);
  v128.store(to, f32x4.mul(column3<F>(u), units), 112);
}

function unpackPairs(
  codes: usize,
  from: usize,
  shift: i32,
  k: i32,
  to: usize,
  scales: usize,
): void {
  unpackScales<i8>(from, shift, k, scales);
  for (let i = 0; i < k; i += 2) {
    const v = v128.load8x8_s(codes);
    const u = v128.load8x8_s(codes, 8);
    v128.store(to, f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.shl(v, 16), 16)));
    v128.store(to, f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.shl(u, 16), 16)), 16);
    v128.store(to, f32x4.convert_i32x4_s(i32x4.shr_s(v, 16)), 32);
    v128.store(to, f32x4.convert_i32x4_s(i32x4.shr_s(u, 16)), 48);
    codes += 16;
    to += 64;
  }
}

function unpackCodes(
  codes: usize,
  from: usize,
  shift: i32,
  k: i32,
  to: usize,
  scales: usize,
): void {
  unpackScales<u8>(from, shift, k, scales);
  const units = f32x4.splat(unit<u8>());
  for (let i = 0; i < k; i += 4) {
    storeColumns<u8>(v128.load(codes), v128.load(codes, 16), units, to);
    codes += 32;
    to += 128;
  }
}

function unpackNibbles<F>(
  codes: usize,
  from: usize,
  shift: i32,
  k: i32,
  to: usize,
  scales: usize,
): void {
  unpackScales<F>(from, shift, k, scales);
  const units = f32x4.splat(unit<F>());
  const table = lookup<F>();
  const low = i8x16.splat(15);
  for (let i = 0; i < k; i += 32) {
    const stop = codes + 128;
    do {
      const v = v128.load(codes);
      const u = v128.load(codes, 16);
      storeColumns<F>(
        v128.swizzle(table, v128.and(v, low)),
        v128.swizzle(table, v128.and(u, low)),
        units,
        to,
      );
      storeColumns<F>(
        v128.swizzle(table, v128.and(i16x8.shr_u(v, 4), low)),
        v128.swizzle(table, v128.and(i16x8.shr_u(u, 4), low)),
        units,
        to + 512,
      );
      codes += 32;
      to += 128;
    } while (codes < stop);
    to += 512;
  }
}
