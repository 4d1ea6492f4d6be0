import { scoreKeys } from "./attention";

/** Scores of every visible key, then -infinity to the row's end. Scratch holds `width` floats. */
export function indexScores(
  q: usize,
  k: usize,
  weights: usize,
  rows: i32,
  start: i32,
  heads: i32,
  dHead: i32,
  scale: f32,
  width: i32,
  out: usize,
  scratch: usize,
): void {
  const stride = (<usize>dHead) << 2;
  for (let t = 0; t < rows; t++) {
    const visible = start + t + 1;
    const row = out + ((<usize>t * <usize>width) << 2);
    memory.fill(row, 0, (<usize>visible) << 2);
    for (let n = 0; n < heads; n++) {
      const head = t * heads + n;
      const weight = load<f32>(weights + ((<usize>head) << 2));
      scoreKeys(q + <usize>head * stride, k, stride, dHead, visible, 1, scratch);
      for (let s = 0; s < visible; s++) {
        const at = (<usize>s) << 2;
        const match = max(load<f32>(scratch + at), <f32>0);
        store<f32>(row + at, load<f32>(row + at) + weight * match);
      }
    }
    for (let s = 0; s < visible; s++) {
      const at = row + ((<usize>s) << 2);
      store<f32>(at, load<f32>(at) * scale);
    }
    for (let s = visible; s < width; s++) store<f32>(row + ((<usize>s) << 2), <f32>-Infinity);
  }
}

/** A u32 that is ordered as the float is. */
function sortable(address: usize): u32 {
  const bits = load<u32>(address);
  return bits >>> 31 ? ~bits : bits | 0x80000000;
}

/** The k-th largest of n floats as `sortable` gives it, by eight bits at a time; counts is scratch of 256 integers. */
function kthLargest(values: usize, n: i32, k: i32, counts: usize): u32 {
  let known: u32 = 0;
  let wanted = k;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const mask: u32 = shift === 24 ? 0 : (<u32>0xffffffff) << (shift + 8);
    memory.fill(counts, 0, 1024);
    for (let i = 0; i < n; i++) {
      const key = sortable(values + ((<usize>i) << 2));
      if ((key & mask) !== known) continue;
      const count = counts + ((<usize>((key >>> shift) & 255)) << 2);
      store<i32>(count, load<i32>(count) + 1);
    }
    let digit = 255;
    while (load<i32>(counts + ((<usize>digit) << 2)) < wanted) {
      wanted -= load<i32>(counts + ((<usize>digit) << 2));
      digit -= 1;
    }
    known |= (<u32>digit) << shift;
  }
  return known;
}

/** Scratch holds 256 integers. */
export function selectKeys(
  scores: usize,
  rows: i32,
  start: i32,
  width: i32,
  k: i32,
  indices: usize,
  scratch: usize,
): void {
  for (let t = 0; t < rows; t++) {
    const visible = start + t + 1;
    const row = scores + ((<usize>t * <usize>width) << 2);
    const out = indices + ((<usize>t * <usize>k) << 2);
    if (visible <= k) {
      for (let j = 0; j < k; j++) store<i32>(out + ((<usize>j) << 2), j < visible ? j : -1);
      continue;
    }
    const threshold = kthLargest(row, visible, k, scratch);
    let ties = k;
    for (let s = 0; s < visible; s++) if (sortable(row + ((<usize>s) << 2)) > threshold) ties -= 1;
    let place = 0;
    for (let s = 0; s < visible; s++) {
      const key = sortable(row + ((<usize>s) << 2));
      if (key < threshold || (key === threshold && ties-- <= 0)) continue;
      store<i32>(out + ((<usize>place) << 2), s);
      place += 1;
    }
  }
}
