import { attendTogether, attentionBytes, noteQuery, someQueries } from "./attendTogether";

/**
 * Rows [from, to), of which each is a head of a token. `window`, `map` and `moments` are 0 for none; `bits` are words of the mask. `v` is k
 * itself in absorbed MLA; vRow is the floats from one position's value to the next.
 */
export function attention(
  q: usize,
  k: usize,
  v: usize,
  vRow: i32,
  vHead: i32,
  start: i32,
  heads: i32,
  kvHeads: i32,
  dKey: i32,
  dValue: i32,
  scale: f32,
  window: i32,
  sinks: usize,
  sinksBf16: i32,
  temperatures: usize,
  map: usize,
  bits: usize,
  words: i32,
  out: usize,
  lse: usize,
  moments: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const group = heads / kvHeads;
  const kStride = (<usize>(kvHeads * dKey)) << 2;
  const vStride = (<usize>vRow) << 2;
  const someTokens = max(1, someQueries / group);
  const stop = (to + heads - 1) / heads;
  for (let t = from / heads; t < stop; t += someTokens) {
    const until = min(t + someTokens, stop);
    for (let kvHead = 0; kvHead < kvHeads; kvHead++) {
      const keys = k + ((<usize>(kvHead * dKey)) << 2);
      const values = v + ((<usize>(kvHead * vHead)) << 2);
      let count = 0;
      for (let i = t * group; i < until * group; i++) {
        const row = (i / group) * heads + kvHead * group + (i % group);
        const position = start + i / group;
        const first = window ? max(0, position - window + 1) : 0;
        if (row >= from && row < to) count = noteQuery(scratch, count, row, first, position);
        if (count < someQueries && (i + 1 < until * group || count === 0)) continue;
        attendTogether(
          count,
          q,
          keys,
          kStride,
          values,
          vStride,
          heads,
          dKey,
          dValue,
          scale,
          sinks,
          sinksBf16,
          temperatures,
          map,
          bits,
          words,
          0,
          out,
          lse,
          moments,
          start,
          scratch,
        );
        count = 0;
      }
    }
  }
}

/** Moves the rows that a selection of `count` positions names to stand one after another. */
function gatherRows(
  from: usize,
  rowBytes: usize,
  dBytes: usize,
  selection: usize,
  count: i32,
  to: usize,
): void {
  for (let j = 0; j < count; j++) {
    const s = <usize>load<i32>(selection + ((<usize>j) << 2));
    memory.copy(to + <usize>j * dBytes, from + s * rowBytes, dBytes);
  }
}

/**
 * Attention over min(k, position + 1) selected keys, of the rows [from, to), of which each is a head of a token. Selected rows are
 * gathered once for all heads here that share them, so the scratch holds k (dKey + dValue) floats besides. `v` is k itself in absorbed
 * MLA.
 */
export function attentionOver(
  selection: usize,
  k: i32,
  q: usize,
  keys: usize,
  v: usize,
  vRow: i32,
  vHead: i32,
  start: i32,
  heads: i32,
  kvHeads: i32,
  dKey: i32,
  dValue: i32,
  scale: f32,
  sinks: usize,
  sinksBf16: i32,
  temperatures: usize,
  map: usize,
  bits: usize,
  words: i32,
  out: usize,
  lse: usize,
  moments: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const group = heads / kvHeads;
  const keyBytes = (<usize>dKey) << 2;
  const valueBytes = (<usize>dValue) << 2;
  const someKeys = scratch + attentionBytes;
  const someValues = someKeys + <usize>k * keyBytes;
  let gathered = -1;
  for (let row = from; row < to; ) {
    const t = row / heads;
    const kvHead = (row % heads) / group;
    const chosen = selection + ((<usize>t * <usize>k) << 2);
    const count = min(k, start + t + 1);
    if (gathered !== row / group) {
      gathered = row / group;
      const key = keys + <usize>kvHead * keyBytes;
      gatherRows(key, <usize>kvHeads * keyBytes, keyBytes, chosen, count, someKeys);
      const value = v + ((<usize>(kvHead * vHead)) << 2);
      gatherRows(value, (<usize>vRow) << 2, valueBytes, chosen, count, someValues);
    }
    let queries = 0;
    while (row < to && row / group === gathered && queries < someQueries) {
      queries = noteQuery(scratch, queries, row, 0, count - 1);
      row += 1;
    }
    attendTogether(
      queries,
      q,
      someKeys,
      keyBytes,
      someValues,
      valueBytes,
      heads,
      dKey,
      dValue,
      scale,
      sinks,
      sinksBf16,
      temperatures,
      map,
      bits,
      words,
      chosen,
      out,
      lse,
      moments,
      start,
      scratch,
    );
  }
}
