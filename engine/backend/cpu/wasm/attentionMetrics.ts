import { keepSelected } from "./attentionParts";
import { exp1, exp4 } from "./exp";
import { bitsAt, hide, soften, temperatureOf } from "./headEdits";
import { sumLanes } from "./lanes";
import { scoreKeys } from "./scoreKeys";

/** Numbers for a query of a head. */
const METRICS: i32 = 5;
/** Keys whose parts of the entropy are added up in f32 before they join the total. */
const RUN: i32 = 256;

/** Turns scores into weights; returns the sum of -w ln w. Hidden scores are -infinity. */
function weigh(scores: usize, count: i32, norm: f32): f64 {
  let nats: f64 = 0;
  if (norm === <f32>-Infinity) {
    memory.fill(scores, 0, (<usize>count) << 2);
    return 0;
  }
  const norms = f32x4.splat(norm);
  const hidden = f32x4.splat(<f32>-Infinity);
  for (let from = 0; from < count; from += RUN) {
    const to = min(count, from + RUN);
    let sums = f32x4.splat(0);
    let i = from;
    for (; i + 4 <= to; i += 4) {
      const at = scores + ((<usize>i) << 2);
      const score = v128.load(at);
      const x = f32x4.sub(score, norms);
      const weight = exp4(x);
      v128.store(at, weight);
      // what is hidden has no weight, and 0 times infinity is no number
      const part = v128.and(f32x4.mul(weight, x), f32x4.ne(score, hidden));
      sums = f32x4.sub(sums, part);
    }
    let sum = sumLanes(sums);
    for (; i < to; i++) {
      const at = scores + ((<usize>i) << 2);
      const x = load<f32>(at) - norm;
      const weight = exp1(x);
      store<f32>(at, weight);
      if (x !== <f32>-Infinity) sum -= weight * x;
    }
    nats += <f64>sum;
  }
  return nats;
}

/** The weight of a key among those from `first` on; 0 for one before them. */
function weightOf(weights: usize, first: i32, key: i32): f32 {
  return key < first ? <f32>0 : load<f32>(weights + ((<usize>(key - first)) << 2));
}

/** The weights behind earlier copies of the query's token, -1 where there is no copy. */
function induced(weights: usize, first: i32, query: i32, earlier: usize): f32 {
  let sum: f32 = -1;
  let at = query;
  let next = load<i32>(earlier + ((<usize>at) << 2));
  while (next >= 0 && next < at) {
    sum = max(sum, <f32>0) + weightOf(weights, first, next + 1);
    at = next;
    next = load<i32>(earlier + ((<usize>at) << 2));
  }
  return sum;
}

/** Rows [from, to), of which each is a head of a query. Scratch holds a float for each key up to the last query. */
export function attentionMetrics(
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
  earlier: usize,
  queryStart: i32,
  queryStep: i32,
  out: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const group = heads / kvHeads;
  const kStride = (<usize>(kvHeads * dKey)) << 2;
  for (let row = from; row < to; row++) {
    const h = row % heads;
    const query = queryStart + (row / heads) * queryStep;
    const place = query * heads + h;
    const first = window ? max(0, query - window + 1) : 0;
    const count = query + 1 - first;
    const keys = k + ((<usize>((h / group) * dKey)) << 2) + <usize>first * kStride;
    scoreKeys(q + ((<usize>place * <usize>dKey) << 2), keys, kStride, dKey, count, scale, scratch);
    const temperature = temperatureOf(temperatures, h);
    if (temperature !== 1) soften(scratch, count, temperature);
    const hidden = bitsAt(map, bits, words, place);
    if (hidden) hide(scratch, first, count, 0, hidden, words);
    const chosen = selection + ((<usize>query * <usize>nSelected) << 2);
    if (selection) keepSelected(scratch, count, chosen, min(nSelected, count));
    const nats = weigh(scratch, count, load<f32>(lse + ((<usize>place) << 2)));
    const into = out + ((<usize>row * <usize>METRICS) << 2);
    store<f32>(into, query === 0 ? <f32>-1 : weightOf(scratch, first, query - 1));
    store<f32>(into, induced(scratch, first, query, earlier), 4);
    store<f32>(into, weightOf(scratch, first, query), 8);
    store<f32>(into, weightOf(scratch, first, 0), 12);
    store<f32>(into, <f32>(nats * NativeMath.LOG2E), 16);
  }
}
