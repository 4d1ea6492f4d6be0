import { weightAt } from "./lanes";
import { codeByte, codeValue, nibbleByte, scaleAt, scaleBytesOf } from "./packed";
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
  const shift = groupShiftOf(w);
  const scales = scalesAt(w, panel);
  const halves = halvesOf(kind);
  for (let c = from; c < to; c++) {
    const byte = <u32>load<u8>(codes + (halves ? nibbleByte(c, lane) : codeByte(c, lane)));
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

/** Columns [from, to) of a row from where they lie one after the other; of packed weights codes, from whole bytes. */
function writeRow(w: usize, row: i32, from: i32, to: i32, source: usize): void {
  const kind = kindOf(w);
  const lane = laneOfRow(w, row);
  const codes = codesAt(w, panelOfRow(w, row));
  if (kind === f32Kind) {
    const base = codes + ((<usize>lane) << 2);
    for (let c = from; c < to; c++) {
      store<u32>(base + ((<usize>c) << 5), load<u32>(source));
      source += 4;
    }
  } else if (kind === bf16Kind)
    for (let c = from; c < to; c++) {
      store<u16>(codes + bf16Byte(c, lane), load<u16>(source));
      source += 2;
    }
  else if (halvesOf(kind))
    // columns c and c + 16 share a byte; in the source it is c and c + 1
    for (let c = from; c < to; c++) {
      const at = codes + nibbleByte(c, lane);
      const code = (load<u8>(source + <usize>((c - from) >> 1)) >> <u8>(4 * (c & 1))) & 15;
      const shift = <u8>((c >> 2) & 4);
      store<u8>(at, (load<u8>(at) & <u8>(0xf0 >> shift)) | (code << shift));
    }
  else
    for (let c = from; c < to; c++) {
      store<u8>(codes + codeByte(c, lane), load<u8>(source));
      source += 1;
    }
}

/** Writes elements [first, first + count) as the host has them: f32, bf16, or codes, of which two may share a byte. */
export function writeElements(w: usize, first: usize, count: usize, source: usize): void {
  const k = <usize>columnsOf(w);
  const kind = kindOf(w);
  const bits: usize = kind === f32Kind ? 32 : kind === bf16Kind ? 16 : halvesOf(kind) ? 4 : 8;
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
  const bytes = scaleBytesOf(kindOf(w));
  for (let i: usize = 0; i < count; i++) {
    const row = <i32>((first + i) / groups);
    const group = (first + i) % groups;
    const index = (group << 3) + <usize>laneOfRow(w, row);
    memory.copy(scalesAt(w, panelOfRow(w, row)) + index * bytes, source + i * bytes, bytes);
  }
}
