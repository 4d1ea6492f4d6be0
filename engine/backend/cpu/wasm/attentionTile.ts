import { scoreKeys } from "./attention.ts";
import { exp1 } from "./exp.ts";

/** One pooled row of cells of one head: queries [i0, i1), keys [keyStart, keyEnd), pool cells wide. */
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
  i0: i32,
  i1: i32,
  keyStart: i32,
  keyEnd: i32,
  out: usize,
  scratch: usize,
): void {
  const cells = (keyEnd - keyStart + pool - 1) / pool;
  const empty: f32 = byMax ? <f32>-Infinity : 0;
  for (let c = 0; c < cells; c++) store<f32>(out + ((<usize>c) << 2), empty);

  for (let i = i0; i < i1; i++) {
    const first = max(keyStart, window ? i - window + 1 : 0);
    const end = min(keyEnd, i + 1);
    if (first >= end) continue;
    const query = q + ((<usize>(i * heads * dKey)) << 2);
    scoreKeys(query, k + <usize>first * kStride, kStride, dKey, end - first, scale, scratch);
    const norm = load<f32>(lse + ((<usize>(i * heads)) << 2));
    for (let j = first; j < end; j++) {
      let value = load<f32>(scratch + ((<usize>(j - first)) << 2));
      if (pattern) value = exp1(value - norm);
      const cell = out + ((<usize>((j - keyStart) / pool)) << 2);
      const before = load<f32>(cell);
      store<f32>(cell, byMax ? max(before, value) : before + value);
    }
  }

  for (let c = 0; c < cells; c++) {
    const j0 = keyStart + c * pool;
    const j1 = min(j0 + pool, keyEnd);
    const cell = out + ((<usize>c) << 2);
    // i - j takes every value from i0 - (j1 - 1) to i1 - 1 - j0.
    const visible = i1 - 1 >= j0 && (!window || i0 - (j1 - 1) < window);
    if (!visible) store<f32>(cell, pattern ? 0 : <f32>-Infinity);
    else if (!byMax) store<f32>(cell, load<f32>(cell) / <f32>((i1 - i0) * (j1 - j0)));
  }
}

/** Scratch holds keyCount floats. */
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
  headStart: i32,
  headCount: i32,
  queryStart: i32,
  queryCount: i32,
  keyStart: i32,
  keyCount: i32,
  out: usize,
  scratch: usize,
): void {
  const group = heads / kvHeads;
  const kStride = (<usize>(kvHeads * dKey)) << 2;
  const rowBytes = (<usize>((keyCount + pool - 1) / pool)) << 2;
  const queryEnd = queryStart + queryCount;
  let to = out;
  for (let h = headStart; h < headStart + headCount; h++)
    for (let i0 = queryStart; i0 < queryEnd; i0 += pool) {
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
        i0,
        min(i0 + pool, queryEnd),
        keyStart,
        keyStart + keyCount,
        to,
        scratch,
      );
      to += rowBytes;
    }
}
