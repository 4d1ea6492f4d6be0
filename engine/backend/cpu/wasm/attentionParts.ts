import { accumulate } from "./accumulate";
import { sinkOf } from "./attendTogether";
import { exp1 } from "./exp";
import { exponentiate, maximum } from "./exponentiate";
import { bitsAt, hide, soften, temperatureOf } from "./headEdits";
import { scoreKeys } from "./scoreKeys";

/** Attention taken apart: its scores, their softmax, and the sum of the values. */

function fill(values: usize, from: i32, to: i32, value: f32): void {
  for (let i = from; i < to; i++) store<f32>(values + ((<usize>i) << 2), value);
}

/** What `selection` does not name becomes -infinity; it has `chosen` ascending positions below `visible`. */
export function keepSelected(scores: usize, visible: i32, selection: usize, chosen: i32): void {
  let next = 0;
  for (let s = 0; s < visible; s++) {
    if (next < chosen && load<i32>(selection + ((<usize>next) << 2)) === s) next += 1;
    else store<f32>(scores + ((<usize>s) << 2), <f32>-Infinity);
  }
}

/** Of scores the pattern; what is hidden is -infinity before and 0 after. */
function toPattern(scores: usize, count: i32, norm: f32): void {
  if (norm === <f32>-Infinity) {
    fill(scores, 0, count, 0);
    return;
  }
  for (let i = 0; i < count; i++) {
    const at = scores + ((<usize>i) << 2);
    const score = load<f32>(at);
    store<f32>(at, score === <f32>-Infinity ? 0 : exp1(score - norm));
  }
}

/** Rows [from, to), of which each is a head of a token. `window`, `lse`, `selection` and `map` are 0 for none. */
export function attentionScores(
  q: usize,
  k: usize,
  start: i32,
  heads: i32,
  kvHeads: i32,
  dKey: i32,
  scale: f32,
  window: i32,
  lse: usize,
  selection: usize,
  nSelected: i32,
  temperatures: usize,
  map: usize,
  bits: usize,
  words: i32,
  width: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  const group = heads / kvHeads;
  const kStride = (<usize>(kvHeads * dKey)) << 2;
  for (let row = from; row < to; row++) {
    const t = row / heads;
    const h = row % heads;
    const visible = start + t + 1;
    const first = window ? max(0, visible - window) : 0;
    const all = out + ((<usize>row * <usize>width) << 2);
    const seen = all + ((<usize>first) << 2);
    const query = q + ((<usize>(row * dKey)) << 2);
    const keys = k + ((<usize>((h / group) * dKey)) << 2) + <usize>first * kStride;
    scoreKeys(query, keys, kStride, dKey, visible - first, scale, seen);
    const temperature = temperatureOf(temperatures, h);
    if (temperature !== 1) soften(seen, visible - first, temperature);
    const hidden = bitsAt(map, bits, words, row);
    if (hidden) hide(seen, first, visible - first, 0, hidden, words);
    const chosen = selection + ((<usize>t * <usize>nSelected) << 2);
    if (selection) keepSelected(all, visible, chosen, min(nSelected, visible));
    fill(all, 0, first, <f32>-Infinity);
    fill(all, visible, width, <f32>-Infinity);
    if (lse) toPattern(all, width, load<f32>(lse + ((<usize>row) << 2)));
  }
}

/** Rows [from, to), of which each is a head of a token. `sinks` is 0 for none. */
export function softmaxRows(
  x: usize,
  before: usize,
  pattern: usize,
  norms: usize,
  sinks: usize,
  sinksBf16: i32,
  start: i32,
  heads: i32,
  width: i32,
  out: usize,
  lse: usize,
  from: i32,
  to: i32,
): void {
  for (let row = from; row < to; row++) {
    const visible = start + row / heads + 1;
    const at = (<usize>row * <usize>width) << 2;
    const shares = out + at;
    fill(shares, visible, width, 0);
    if (memory.compare(x + at, before + at, (<usize>visible) << 2) === 0) {
      memory.copy(shares, pattern + at, (<usize>visible) << 2);
      store<f32>(lse + ((<usize>row) << 2), load<f32>(norms + ((<usize>row) << 2)));
      continue;
    }
    const sink = sinkOf(sinksBf16, sinks, row % heads);
    const highest = max(sink, maximum(x + at, visible));
    let norm = highest;
    if (highest === <f32>-Infinity) fill(shares, 0, visible, 0);
    else {
      memory.copy(shares, x + at, (<usize>visible) << 2);
      const share: f32 = sinks ? exp1(sink - highest) : 0;
      const sum = exponentiate(shares, visible, highest) + share;
      const inverse: f32 = <f32>1 / sum;
      for (let s = 0; s < visible; s++) {
        const cell = shares + ((<usize>s) << 2);
        store<f32>(cell, load<f32>(cell) * inverse);
      }
      norm = <f32>(<f64>highest + NativeMath.log(<f64>sum));
    }
    store<f32>(lse + ((<usize>row) << 2), norm);
  }
}

/** Rows [from, to), of which each is a head of a token. A row of `values` has dRow elements a head, of which dValue are taken. */
export function mixValues(
  pattern: usize,
  before: usize,
  z: usize,
  values: usize,
  start: i32,
  heads: i32,
  kvHeads: i32,
  dRow: i32,
  dValue: i32,
  width: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  const group = heads / kvHeads;
  const stride = (<usize>(kvHeads * dRow)) << 2;
  const rowBytes = (<usize>dValue) << 2;
  for (let row = from; row < to; row++) {
    const visible = start + row / heads + 1;
    const at = (<usize>row * <usize>width) << 2;
    const sums = out + <usize>row * rowBytes;
    if (memory.compare(pattern + at, before + at, (<usize>visible) << 2) === 0) {
      memory.copy(sums, z + <usize>row * rowBytes, rowBytes);
      continue;
    }
    const first = values + ((<usize>(((row % heads) / group) * dRow)) << 2);
    memory.fill(sums, 0, rowBytes);
    accumulate(pattern + at, first, stride, visible, dValue, 1, sums);
  }
}
