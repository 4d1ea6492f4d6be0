import { isKKind, valueK, writeRowK, writeScalesK } from "./kQuants";
import { weightAt } from "./lanes";
import {
  codeByte,
  codeValue,
  nibbleByte,
  pairByte,
  scaleAt,
  scaleBytesOf,
  spreadHalves,
  swapMiddle,
} from "./packed";
import {
  bf16Kind,
  codesAt,
  columnsOf,
  f32Kind,
  groupShiftOf,
  halvesOf,
  kindOf,
  laneOfRow,
  panelOfRow,
  q4_k,
  q8_0,
  scalesAt,
} from "./panels";

/*
 * Single elements of weights in panels, in the order of the host: row after row through all matrices. Laying them out is a
 * permutation, so that what is read is what was written.
 */

/** The byte of a bf16 panel at which column c of row r lies. */
function bf16Byte(c: i32, r: i32): usize {
  return ((<usize>(c >> 1)) << 5) + ((<usize>r) << 2) + ((<usize>(c & 1)) << 1);
}

/** Columns [from, to) of a row as floats: of packed weights code times scale, rounded once. */
export function readRow(w: usize, row: i32, from: i32, to: i32, out: usize): void {
  const kind = kindOf(w);
  const lane = laneOfRow(w, row);
  const panel = panelOfRow(w, row);
  const codes = codesAt(w, panel);
  if (kind === f32Kind) {
    const base = codes + ((<usize>lane) << 2);
    for (let c = from; c < to; c++) {
      store<f32>(out, load<f32>(base + ((<usize>c) << 5)));
      out += 4;
    }
    return;
  }
  if (kind === bf16Kind) {
    for (let c = from; c < to; c++) {
      store<f32>(out, weightAt<u16>(codes + bf16Byte(c, lane)));
      out += 4;
    }
    return;
  }
  const scales = scalesAt(w, panel);
  if (isKKind(kind)) {
    for (let c = from; c < to; c++) {
      store<f32>(out, valueK(kind, codes, scales, c, lane));
      out += 4;
    }
    return;
  }
  const shift = groupShiftOf(w);
  const halves = halvesOf(kind);
  for (let c = from; c < to; c++) {
    const at = halves ? nibbleByte(c, lane) : kind === q8_0 ? pairByte(c, lane) : codeByte(c, lane);
    const byte = <u32>load<u8>(codes + at);
    const code = halves ? (byte >> (<u32>(c >> 2) & 4)) & 15 : byte;
    const scale = scaleAt(kind, scales, ((<usize>(c >> shift)) << 3) + <usize>lane);
    store<f32>(out, codeValue(kind, code) * scale);
    out += 4;
  }
}

/** Elements [first, first + count) as floats. */
export function readElements(w: usize, first: usize, count: usize, out: usize): void {
  const k = <usize>columnsOf(w);
  const end = first + count;
  while (first < end) {
    const column = first % k;
    const stop = min(k, column + end - first);
    readRow(w, <i32>(first / k), <i32>column, <i32>stop, out);
    out += (stop - column) << 2;
    first += stop - column;
  }
}

/** Columns [from, to) of a row from where they lie one after the other; of packed weights codes, from whole groups. */
function writeRow(w: usize, row: i32, from: i32, to: i32, source: usize): void {
  const kind = kindOf(w);
  const lane = laneOfRow(w, row);
  const codes = codesAt(w, panelOfRow(w, row));
  if (kind === f32Kind) writeF32(codes + ((<usize>lane) << 2), from, to, source);
  else if (kind === bf16Kind) writeBf16(codes, lane, from, to, source);
  else if (isKKind(kind)) writeRowK(kind, codes, lane, from, to, source);
  else if (halvesOf(kind)) writeNibbles(codes, lane, from, to, source);
  else if (kind === q8_0)
    for (let c = from; c < to; c += 2) {
      store<u16>(codes + pairByte(c, lane), load<u16>(source));
      source += 2;
    }
  else
    for (let c = from; c < to; c += 4) {
      store<u32>(codes + codeByte(c, lane), swapMiddle(load<u32>(source)));
      source += 4;
    }
}

function writeF32(base: usize, from: i32, to: i32, source: usize): void {
  for (let c = from; c < to; c++) {
    store<u32>(base + ((<usize>c) << 5), load<u32>(source));
    source += 4;
  }
}

/** Pairs of columns, which lie side by side, and a single one at either end. */
function writeBf16(codes: usize, lane: i32, from: i32, to: i32, source: usize): void {
  let c = from;
  if (c < to && c & 1) {
    store<u16>(codes + bf16Byte(c, lane), load<u16>(source));
    source += 2;
    c += 1;
  }
  for (; c + 2 <= to; c += 2) {
    store<u32>(codes + bf16Byte(c, lane), load<u32>(source));
    source += 4;
  }
  if (c < to) store<u16>(codes + bf16Byte(c, lane), load<u16>(source));
}

/** Blocks of 32 columns: those of the first half of a block into low halves of bytes, those of the second into high ones. */
function writeNibbles(codes: usize, lane: i32, from: i32, to: i32, source: usize): void {
  for (let c = from; c < to; c += 32) {
    for (let i = 0; i < 16; i += 4) {
      const low = spreadHalves(load<u16>(source));
      const high = spreadHalves(load<u16>(source, 8));
      store<u32>(codes + nibbleByte(c + i, lane), low | (high << 4));
      source += 2;
    }
    source += 8;
  }
}

/** Bits of an element, or of its code. */
function bitsOf(kind: u32): usize {
  if (kind === f32Kind) return 32;
  if (kind === bf16Kind) return 16;
  if (isKKind(kind)) return 4 + <usize>(kind - q4_k);
  return halvesOf(kind) ? 4 : 8;
}

/** Writes elements [first, first + count) as the host has them: f32, bf16, or codes, of which two may share a byte. */
export function writeElements(w: usize, first: usize, count: usize, source: usize): void {
  const k = <usize>columnsOf(w);
  const kind = kindOf(w);
  const bits = bitsOf(kind);
  const end = first + count;
  while (first < end) {
    const column = first % k;
    const stop = min(k, column + end - first);
    writeRow(w, <i32>(first / k), <i32>column, <i32>stop, source);
    source += ((stop - column) * bits) >> 3;
    first += stop - column;
  }
}

/** Writes the scales of groups [first, first + count), counted through all rows. */
export function writeScales(w: usize, first: usize, count: usize, source: usize): void {
  const shift = groupShiftOf(w);
  const groups = <usize>(columnsOf(w) >> shift);
  const kind = kindOf(w);
  const bytes = scaleBytesOf(kind);
  const end = first + count;
  while (first < end) {
    const row = <i32>(first / groups);
    const lane = laneOfRow(w, row);
    const scales = scalesAt(w, panelOfRow(w, row));
    let group = first % groups;
    const stop = min(groups, group + end - first);
    first += stop - group;
    for (; group < stop; group++) {
      const at = scales + ((group << 3) + <usize>lane) * bytes;
      if (isKKind(kind)) writeScalesK(kind, scales, group, lane, source);
      else if (bytes === 2) store<u16>(at, load<u16>(source));
      else if (bytes === 4) store<u32>(at, load<u32>(source));
      else store<u8>(at, load<u8>(source));
      source += bytes;
    }
  }
}
