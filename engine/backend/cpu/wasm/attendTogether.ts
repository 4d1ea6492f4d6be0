import { accumulate, accumulateTwice } from "./accumulate";
import { momentsOfBlock, noteKeys, storeMoments } from "./attentionMoments";
import { exp1 } from "./exp";
import { exponentiate, maximum } from "./exponentiate";
import { bitsAt, hide, soften, temperatureOf } from "./headEdits";
import { weightAt } from "./lanes";
import { scoreKeys, scoreKeysTwice } from "./scoreKeys";

/** Keys of one online-softmax step. Blocks begin at multiples of this, so a query's sums do not depend on the step. */
const blockKeys: i32 = 64;

/*
 * Queries that share a key head go through a block of keys together: first all meet the keys, then all the values, so that each
 * stays in the first-level cache meanwhile. Every query goes through its blocks as if it were alone. The scratch holds its scores
 * of a block, and a record: row, first key, position, highest score, sum of weights, factor, first key and number of keys of the block,
 * and what attentionMoments.ts keeps; at its end where the block's keys stand.
 */
export const someQueries: i32 = 16;
const scoreBytes: usize = (<usize>blockKeys) << 2;
const recordsAt: usize = <usize>someQueries * scoreBytes;
const recordBytes: usize = 40;
const keysAt: usize = recordsAt + <usize>someQueries * recordBytes;
export const attentionBytes: usize = keysAt + scoreBytes;

/** Notes a query that sees keys [first, position]. @returns how many there are now */
export function noteQuery(scratch: usize, count: i32, row: i32, first: i32, position: i32): i32 {
  const record = scratch + recordsAt + <usize>count * recordBytes;
  store<i32>(record, row);
  store<i32>(record, first, 4);
  store<i32>(record, position, 8);
  return count + 1;
}

/** The scores of all queries in a block of keys, and which keys of it each sees: two queries at a time, as far as both see the same. */
function scoreBlock(
  records: usize,
  end: usize,
  block: i32,
  q: usize,
  k: usize,
  kStride: usize,
  dKey: i32,
  scale: f32,
  scratch: usize,
): void {
  for (let record = records; record < end; record += recordBytes) {
    const from = max(block, load<i32>(record, 4));
    store<i32>(record, from, 24);
    store<i32>(record, min(block + blockKeys, load<i32>(record, 8) + 1) - from, 28);
  }
  let scores = scratch;
  for (let record = records; record < end; ) {
    const from = load<i32>(record, 24);
    const count = load<i32>(record, 28);
    const query = q + ((<usize>(load<i32>(record) * dKey)) << 2);
    const keys = k + <usize>from * kStride;
    const next = record + recordBytes;
    if (next < end && load<i32>(next, 24) === from) {
      const nextCount = load<i32>(next, 28);
      const both = max(0, min(count, nextCount));
      const other = q + ((<usize>(load<i32>(next) * dKey)) << 2);
      scoreKeysTwice(query, other, keys, kStride, dKey, both, scale, scores, scoreBytes);
      const more = keys + <usize>both * kStride;
      const to = scores + ((<usize>both) << 2);
      scoreKeys(query, more, kStride, dKey, count - both, scale, to);
      scoreKeys(other, more, kStride, dKey, nextCount - both, scale, to + scoreBytes);
      record = next + recordBytes;
      scores += 2 * scoreBytes;
    } else {
      scoreKeys(query, keys, kStride, dKey, count, scale, scores);
      record = next;
      scores += scoreBytes;
    }
  }
}

/** Adds the values of a block of keys to what all queries have so far: two queries at a time, as far as both see the same. */
function mixBlock(
  records: usize,
  end: usize,
  v: usize,
  vStride: usize,
  dValue: i32,
  out: usize,
  scratch: usize,
): void {
  let weights = scratch;
  for (let record = records; record < end; ) {
    const from = load<i32>(record, 24);
    const count = load<i32>(record, 28);
    const factor = load<f32>(record, 20);
    const to = out + ((<usize>(load<i32>(record) * dValue)) << 2);
    const values = v + <usize>from * vStride;
    const next = record + recordBytes;
    const nextCount = next < end && load<i32>(next, 24) === from ? load<i32>(next, 28) : 0;
    if (count > 0 && nextCount > 0) {
      const both = min(count, nextCount);
      const other = out + ((<usize>(load<i32>(next) * dValue)) << 2);
      const nextFactor = load<f32>(next, 20);
      accumulateTwice(
        weights,
        scoreBytes,
        values,
        vStride,
        both,
        dValue,
        factor,
        nextFactor,
        to,
        other,
      );
      const more = values + <usize>both * vStride;
      const rest = weights + ((<usize>both) << 2);
      if (count > both) accumulate(rest, more, vStride, count - both, dValue, 1, to);
      if (nextCount > both)
        accumulate(rest + scoreBytes, more, vStride, nextCount - both, dValue, 1, other);
      record = next + recordBytes;
      weights += 2 * scoreBytes;
    } else {
      if (count > 0) accumulate(weights, values, vStride, count, dValue, factor, to);
      record = next;
      weights += scoreBytes;
    }
  }
}

/**
 * The queries that were noted, of one key head. `k` and `v` are its own. `bits` are words of the mask; `positions` names the keys for
 * it, or is 0 where they stand at their own places. `moments` is 0 for none; `start` is the position of row 0.
 */
export function attendTogether(
  queries: i32,
  q: usize,
  k: usize,
  kStride: usize,
  v: usize,
  vStride: usize,
  heads: i32,
  dKey: i32,
  dValue: i32,
  scale: f32,
  sinks: usize,
  sinksBf16: i32,
  temperatures: usize,
  map: usize,
  bits: usize,
  words: i32,
  positions: usize,
  out: usize,
  lse: usize,
  moments: usize,
  start: i32,
  scratch: usize,
): void {
  const records = scratch + recordsAt;
  const end = records + <usize>queries * recordBytes;
  let lowest = i32.MAX_VALUE;
  let last = 0;
  for (let record = records; record < end; record += recordBytes) {
    const row = load<i32>(record);
    const sink = sinkOf(sinksBf16, sinks, row % heads);
    store<f32>(record, sink, 12);
    store<f32>(record, sink > <f32>-Infinity ? 1 : 0, 16);
    store<u64>(record, 0, 32);
    memory.fill(out + ((<usize>(row * dValue)) << 2), 0, (<usize>dValue) << 2);
    lowest = min(lowest, load<i32>(record, 4));
    last = max(last, load<i32>(record, 8));
  }
  for (let block = lowest & ~(blockKeys - 1); block <= last; block += blockKeys) {
    scoreBlock(records, end, block, q, k, kStride, dKey, scale, scratch);
    if (moments) noteKeys(scratch + keysAt, block, min(block + blockKeys, last + 1), positions);
    let scores = scratch;
    for (let record = records; record < end; record += recordBytes) {
      const from = load<i32>(record, 24);
      const count = load<i32>(record, 28);
      store<i32>(record, 0, 28);
      if (count > 0) {
        const row = load<i32>(record);
        const temperature = temperatureOf(temperatures, row % heads);
        if (temperature !== 1) soften(scores, count, temperature);
        const hidden = bitsAt(map, bits, words, row);
        if (hidden) hide(scores, from, count, positions, hidden, words);
        const highest = load<f32>(record, 12);
        const next = max(highest, maximum(scores, count));
        if (next !== <f32>-Infinity) {
          const shrink = exp1(highest - next);
          const before = load<f32>(record, 16);
          let ofBlock: f32;
          if (moments) {
            const keys = scratch + keysAt + ((<usize>(from - block)) << 2);
            const lost = before === 0 ? <f32>0 : before * (highest - next);
            const position = start + row / heads;
            ofBlock = momentsOfBlock(
              scores,
              count,
              next,
              keys,
              position,
              shrink,
              lost,
              record + 32,
            );
          } else ofBlock = exponentiate(scores, count, next);
          const sum = before * shrink + ofBlock;
          store<f32>(record, next, 12);
          store<f32>(record, sum, 16);
          store<f32>(record, shrink, 20);
          store<i32>(record, count, 28);
        }
      }
      scores += scoreBytes;
    }
    mixBlock(records, end, v, vStride, dValue, out, scratch);
  }
  for (let record = records; record < end; record += recordBytes) {
    const row = load<i32>(record);
    const sum = load<f32>(record, 16);
    const norm = <f64>load<f32>(record, 12) + NativeMath.log(<f64>sum);
    store<f32>(lse + ((<usize>row) << 2), <f32>norm);
    if (moments) {
      const sink = sinkOf(sinksBf16, sinks, row % heads);
      const to = moments + ((<usize>row) << 3);
      storeMoments(record + 32, sum, sink - load<f32>(record, 12), to);
    }
    // where the sum is 0 nothing is seen
    if (sum !== 0) scaleRow(out + ((<usize>(row * dValue)) << 2), dValue, <f32>1 / sum);
  }
}

function scaleRow(row: usize, count: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  let j = 0;
  for (; j + 4 <= count; j += 4) {
    const at = row + ((<usize>j) << 2);
    v128.store(at, f32x4.mul(v128.load(at), factors));
  }
  for (; j < count; j++) {
    const at = row + ((<usize>j) << 2);
    store<f32>(at, load<f32>(at) * factor);
  }
}

/** The address 0 stands for no sinks. */
export function sinkOf(bf16: i32, sinks: usize, head: i32): f32 {
  if (!sinks) return <f32>-Infinity;
  if (bf16) return weightAt<u16>(sinks + ((<usize>head) << 1));
  return load<f32>(sinks + ((<usize>head) << 2));
}
