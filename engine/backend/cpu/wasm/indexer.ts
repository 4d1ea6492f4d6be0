import { scoreKeys } from "./scoreKeys";

/** Keys that are scored together. */
const blockKeys: i32 = 64;

/**
 * Scores of every visible key, then -infinity to the row's end; of the blocks [from, to), which a row has ceil(width / blockKeys)
 * of. Scratch holds blockKeys floats.
 */
export function indexScores(
  q: usize,
  k: usize,
  weights: usize,
  start: i32,
  heads: i32,
  dHead: i32,
  scale: f32,
  width: i32,
  out: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const stride = (<usize>dHead) << 2;
  const rowBlocks = (width + blockKeys - 1) / blockKeys;
  for (let block = from; block < to; block++) {
    const t = block / rowBlocks;
    const first = (block % rowBlocks) * blockKeys;
    const end = min(first + blockKeys, width);
    const count = max(min(start + t + 1, end) - first, 0);
    const cells = out + ((<usize>t * <usize>width + <usize>first) << 2);
    memory.fill(cells, 0, (<usize>count) << 2);
    if (count > 0)
      for (let n = 0; n < heads; n++) {
        const head = t * heads + n;
        const weight = load<f32>(weights + ((<usize>head) << 2));
        const keys = k + <usize>first * stride;
        scoreKeys(q + <usize>head * stride, keys, stride, dHead, count, 1, scratch);
        for (let s = 0; s < count; s++) {
          const at = (<usize>s) << 2;
          const match = max(load<f32>(scratch + at), <f32>0);
          store<f32>(cells + at, load<f32>(cells + at) + weight * match);
        }
      }
    for (let s = 0; s < count; s++) {
      const at = cells + ((<usize>s) << 2);
      store<f32>(at, load<f32>(at) * scale);
    }
    for (let s = count; s < end - first; s++) store<f32>(cells + ((<usize>s) << 2), <f32>-Infinity);
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

/** Rows [from, to). Scratch holds 256 integers. */
export function selectKeys(
  scores: usize,
  start: i32,
  width: i32,
  k: i32,
  indices: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  for (let t = from; t < to; t++) {
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
