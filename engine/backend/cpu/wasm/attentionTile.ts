import { exp1 } from "./exp";
import { bitsAt, isMasked, soften, temperatureOf } from "./headEdits";
import { scoreKeys } from "./scoreKeys";

/** Is position `j` among the ascending positions from `selection` on? `count` of them are positions. */
function isSelected(selection: usize, count: i32, j: i32): bool {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<i32>(selection + ((<usize>middle) << 2)) < j) low = middle + 1;
    else high = middle;
  }
  return low < count && load<i32>(selection + ((<usize>low) << 2)) === j;
}

/**
 * One pooled row of cells of one head: queries [i0, i1), keys [keyStart, keyEnd), pool cells wide. `selection` has `k`
 * positions a query, or is 0 for none; so is `map`, which begins at the head. Scratch holds a float per key and an integer per cell.
 */
function poolRow(
  pattern: i32,
  byMax: i32,
  pool: i32,
  q: usize,
  k: usize,
  lse: usize,
  heads: i32,
  kStride: usize,
  dKey: i32,
  scale: f32,
  window: i32,
  selection: usize,
  nSelected: i32,
  temperature: f32,
  map: usize,
  bits: usize,
  words: i32,
  i0: i32,
  i1: i32,
  keyStart: i32,
  keyEnd: i32,
  out: usize,
  scratch: usize,
): void {
  const cells = (keyEnd - keyStart + pool - 1) / pool;
  const counts = scratch + ((<usize>(keyEnd - keyStart)) << 2);
  const empty: f32 = byMax ? <f32>-Infinity : 0;
  for (let c = 0; c < cells; c++) store<f32>(out + ((<usize>c) << 2), empty);
  memory.fill(counts, 0, (<usize>cells) << 2);

  for (let i = i0; i < i1; i++) {
    const first = max(keyStart, window ? i - window + 1 : 0);
    const end = min(keyEnd, i + 1);
    if (first >= end) continue;
    const query = q + ((<usize>(i * heads * dKey)) << 2);
    scoreKeys(query, k + <usize>first * kStride, kStride, dKey, end - first, scale, scratch);
    if (temperature !== 1) soften(scratch, end - first, temperature);
    const hidden = bitsAt(map, bits, words, i * heads);
    const norm = load<f32>(lse + ((<usize>(i * heads)) << 2));
    const chosen = selection + ((<usize>i * <usize>nSelected) << 2);
    for (let j = first; j < end; j++) {
      if (selection && !isSelected(chosen, min(nSelected, i + 1), j)) continue;
      if (hidden && isMasked(hidden, words, j)) continue;
      let value = load<f32>(scratch + ((<usize>(j - first)) << 2));
      if (pattern) value = norm === <f32>-Infinity ? 0 : exp1(value - norm);
      const at = (<usize>((j - keyStart) / pool)) << 2;
      const before = load<f32>(out + at);
      store<f32>(out + at, byMax ? max(before, value) : before + value);
      store<i32>(counts + at, load<i32>(counts + at) + 1);
    }
  }

  for (let c = 0; c < cells; c++) {
    const at = (<usize>c) << 2;
    const area = (i1 - i0) * min(pool, keyEnd - keyStart - c * pool);
    if (!load<i32>(counts + at)) store<f32>(out + at, pattern ? 0 : <f32>-Infinity);
    else if (!byMax) store<f32>(out + at, load<f32>(out + at) / <f32>area);
  }
}

/** Rows [from, to) of `out`, all heads one after another. Scratch holds keyCount floats and as many integers. */
export function attentionTile(
  pattern: i32,
  byMax: i32,
  pool: i32,
  q: usize,
  k: usize,
  lse: usize,
  heads: i32,
  kvHeads: i32,
  dKey: i32,
  scale: f32,
  window: i32,
  selection: usize,
  nSelected: i32,
  temperatures: usize,
  map: usize,
  bits: usize,
  words: i32,
  headStart: i32,
  queryStart: i32,
  queryCount: i32,
  keyStart: i32,
  keyCount: i32,
  out: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const group = heads / kvHeads;
  const kStride = (<usize>(kvHeads * dKey)) << 2;
  const rowBytes = (<usize>((keyCount + pool - 1) / pool)) << 2;
  const queryEnd = queryStart + queryCount;
  const headRows = (queryCount + pool - 1) / pool;
  for (let row = from; row < to; row++) {
    const h = headStart + row / headRows;
    const i0 = queryStart + (row % headRows) * pool;
    poolRow(
      pattern,
      byMax,
      pool,
      q + ((<usize>(h * dKey)) << 2),
      k + ((<usize>((h / group) * dKey)) << 2),
      lse + ((<usize>h) << 2),
      heads,
      kStride,
      dKey,
      scale,
      window,
      selection,
      nSelected,
      temperatureOf(temperatures, h),
      map ? map + ((<usize>h) << 2) : 0,
      bits,
      words,
      i0,
      min(i0 + pool, queryEnd),
      keyStart,
      keyStart + keyCount,
      out + <usize>row * rowBytes,
      scratch,
    );
  }
}
