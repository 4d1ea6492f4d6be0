import { exponentiate, maximum } from "./exponentiate";
import { bitsAt, isMasked, soften, temperatureOf } from "./headEdits";
import { scoreKeys, scoreKeysTwice } from "./scoreKeys";

/** Is position `j` among the ascending positions from `selection` on? `count` of them are positions. */
export function isSelected(selection: usize, count: i32, j: i32): bool {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<i32>(selection + ((<usize>middle) << 2)) < j) low = middle + 1;
    else high = middle;
  }
  return low < count && load<i32>(selection + ((<usize>low) << 2)) === j;
}

/** What one query adds to a cell: its largest weight, or their sum. Scores become weights where `pattern` says so. */
function joinCell(
  values: usize,
  count: i32,
  pattern: i32,
  byMax: i32,
  norm: f32,
  cell: usize,
): void {
  let value: f32 = 0;
  if (pattern && norm === <f32>-Infinity) value = 0;
  else if (!pattern) value = byMax ? maximum(values, count) : sumOf(values, count);
  else {
    const sum = exponentiate(values, count, norm);
    value = byMax ? maximum(values, count) : sum;
  }
  const before = load<f32>(cell);
  store<f32>(cell, byMax ? max(before, value) : before + value);
}

/** Hidden scores, which are -infinity, do not count. */
function sumOf(values: usize, count: i32): f32 {
  let sum: f32 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f32>(values + ((<usize>i) << 2));
    if (value !== <f32>-Infinity) sum += value;
  }
  return sum;
}

/** Of all, or where some may be hidden, of those that are not. */
function visible(scores: usize, count: i32, mayHide: bool): i32 {
  if (!mayHide) return count;
  let n = 0;
  for (let i = 0; i < count; i++)
    if (load<f32>(scores + ((<usize>i) << 2)) !== <f32>-Infinity) n += 1;
  return n;
}

/** Makes -infinity of the scores of keys [first, end) that are not among the chosen, or are masked. */
function hideRow(
  scores: usize,
  first: i32,
  end: i32,
  chosen: usize,
  nChosen: i32,
  hidden: usize,
  words: i32,
): void {
  for (let j = first; j < end; j++) {
    const isLeft = chosen !== 0 && !isSelected(chosen, nChosen, j);
    if (isLeft || (hidden !== 0 && isMasked(hidden, words, j)))
      store<f32>(scores + ((<usize>(j - first)) << 2), <f32>-Infinity);
  }
}

/**
 * Adds the scores of a query's keys [first, end) to the cells that they lie in. The order of a sum is that of all keys: what is hidden
 * is a term of 0, so that a mask of nothing changes no bit.
 */
function joinRow(
  scores: usize,
  first: i32,
  end: i32,
  keyStart: i32,
  pool: i32,
  pattern: i32,
  byMax: i32,
  norm: f32,
  mayHide: bool,
  out: usize,
  counts: usize,
): void {
  let j = first;
  while (j < end) {
    const cell = (j - keyStart) / pool;
    const next = min(end, keyStart + (cell + 1) * pool);
    const at = (<usize>cell) << 2;
    const values = scores + ((<usize>(j - first)) << 2);
    const n = visible(values, next - j, mayHide);
    if (n > 0) joinCell(values, next - j, pattern, byMax, norm, out + at);
    store<i32>(counts + at, load<i32>(counts + at) + n);
    j = next;
  }
}

/**
 * One pooled row of cells of one head: queries [i0, i1), of which every step-th, counted back from the last; keys
 * [keyStart, keyEnd), pool cells wide. `selection` has `k` positions a query, or is 0 for none; so is `map`, which begins at the head.
 * Queries are scored in pairs. Scratch holds two floats per key and an integer per cell.
 */
function poolRow(
  pattern: i32,
  byMax: i32,
  pool: i32,
  step: i32,
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
  const rowBytes = (<usize>(keyEnd - keyStart)) << 2;
  const counts = scratch + 2 * rowBytes;
  const empty: f32 = byMax ? <f32>-Infinity : 0;
  for (let c = 0; c < cells; c++) store<f32>(out + ((<usize>c) << 2), empty);
  memory.fill(counts, 0, (<usize>cells) << 2);

  const queryBytes = (<usize>(heads * dKey)) << 2;
  const nQueries = (i1 - i0 + step - 1) / step;
  for (let n = 0; n < nQueries; n += 2) {
    const i = i1 - 1 - (nQueries - 1 - n) * step;
    const isPair = n + 1 < nQueries;
    const last = isPair ? i + step : i;
    const from = max(keyStart, window ? i - window + 1 : 0);
    const to = min(keyEnd, last + 1);
    if (from >= to) continue;
    const query = q + <usize>i * queryBytes;
    const keys = k + <usize>from * kStride;
    if (isPair) {
      const other = query + <usize>step * queryBytes;
      scoreKeysTwice(query, other, keys, kStride, dKey, to - from, scale, scratch, rowBytes);
    } else scoreKeys(query, keys, kStride, dKey, to - from, scale, scratch);

    for (let t = i; t <= last; t += step) {
      const first = max(from, window ? t - window + 1 : 0);
      const end = min(keyEnd, t + 1);
      if (first >= end) continue;
      const scores = scratch + (t === i ? 0 : rowBytes) + ((<usize>(first - from)) << 2);
      if (temperature !== 1) soften(scores, end - first, temperature);
      const hidden = bitsAt(map, bits, words, t * heads);
      const norm = load<f32>(lse + ((<usize>(t * heads)) << 2));
      const chosen = selection ? selection + ((<usize>t * <usize>nSelected) << 2) : 0;
      const mayHide = chosen !== 0 || hidden !== 0;
      const nChosen = min(nSelected, t + 1);
      if (mayHide) hideRow(scores, first, end, chosen, nChosen, hidden, words);
      joinRow(scores, first, end, keyStart, pool, pattern, byMax, norm, mayHide, out, counts);
    }
  }

  for (let c = 0; c < cells; c++) {
    const at = (<usize>c) << 2;
    const area = nQueries * min(pool, keyEnd - keyStart - c * pool);
    if (!load<i32>(counts + at)) store<f32>(out + at, pattern ? 0 : <f32>-Infinity);
    else if (!byMax) store<f32>(out + at, load<f32>(out + at) / <f32>area);
  }
}

/** Rows [from, to) of `out`, all heads one after another. Scratch holds 2 keyCount floats and half as many integers. */
export function attentionTile(
  pattern: i32,
  byMax: i32,
  pool: i32,
  step: i32,
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
      step,
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
