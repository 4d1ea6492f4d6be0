import { keepSelected } from "./attentionParts";
import { isSelected } from "./attentionTile";
import { exp1, exp4 } from "./exp";
import { bitsAt, hide, isMasked, soften, temperatureOf } from "./headEdits";
import { sumLanes } from "./lanes";
import { dot1, scoreKeys } from "./scoreKeys";

/** Numbers for a query of a head. */
const METRICS: i32 = 7;
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

/** The sum of w times the distance to the key, of the keys from `first` on. */
function distanceOf(weights: usize, count: i32): f64 {
  let total: f64 = 0;
  for (let from = 0; from < count; from += RUN) {
    const to = min(count, from + RUN);
    let sum: f32 = 0;
    for (let i = from; i < to; i++)
      sum += load<f32>(weights + ((<usize>i) << 2)) * <f32>(count - 1 - i);
    total += <f64>sum;
  }
  return total;
}

/*
 * The query that is looked at, which every thread has its own of: what its weights are computed from, or where all of them stand, the
 * first key's first.
 */
let query: usize = 0;
let keys: usize = 0;
let keyStride: usize = 0;
let width: i32 = 0;
let factor: f32 = 1;
let heat: f32 = 1;
let norm: f32 = 0;
let firstKey: i32 = 0;
let chosen: usize = 0;
let nChosen: i32 = 0;
let masked: usize = 0;
let maskWords: i32 = 0;
let known: usize = 0;

/** The weight of a key at the query's position or before, with the same bits however it is come by; 0 of what is not seen. */
function weightOf(key: i32): f32 {
  if (key < firstKey || norm === <f32>-Infinity) return 0;
  if (known) return load<f32>(known + ((<usize>(key - firstKey)) << 2));
  if (chosen && !isSelected(chosen, nChosen, key)) return 0;
  if (masked && isMasked(masked, maskWords, key)) return 0;
  let score = dot1(query, keys + <usize>key * keyStride, width) * factor;
  if (heat !== 1) score /= heat;
  return exp1(score - norm);
}

/** The weights of earlier copies of the query's token, `behind` positions further on; -1 where there is no copy. */
function copied(position: i32, earlier: usize, behind: i32): f32 {
  let sum: f32 = -1;
  let at = position;
  let next = load<i32>(earlier + ((<usize>at) << 2));
  while (next >= 0 && next < at) {
    sum = max(sum, <f32>0) + weightOf(next + behind);
    at = next;
    next = load<i32>(earlier + ((<usize>at) << 2));
  }
  return sum;
}

/** Rows [from, to), of which each is a head of a query. Scratch holds a float for each key up to the last query; none with `moments`. */
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
  moments: usize,
  earlier: usize,
  queryStart: i32,
  queryStep: i32,
  out: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const group = heads / kvHeads;
  keyStride = (<usize>(kvHeads * dKey)) << 2;
  width = dKey;
  factor = scale;
  maskWords = words;
  known = moments ? 0 : scratch;
  for (let row = from; row < to; row++) {
    const h = row % heads;
    const position = queryStart + (row / heads) * queryStep;
    const place = position * heads + h;
    query = q + ((<usize>place * <usize>dKey) << 2);
    keys = k + ((<usize>((h / group) * dKey)) << 2);
    heat = temperatureOf(temperatures, h);
    norm = load<f32>(lse + ((<usize>place) << 2));
    firstKey = window ? max(0, position - window + 1) : 0;
    chosen = selection ? selection + ((<usize>position * <usize>nSelected) << 2) : 0;
    nChosen = min(nSelected, position + 1);
    masked = bitsAt(map, bits, words, place);
    const into = out + ((<usize>row * <usize>METRICS) << 2);
    if (moments) {
      const ofRow = moments + ((<usize>place) << 3);
      store<f32>(into, <f32>(<f64>load<f32>(ofRow) * NativeMath.LOG2E), 16);
      store<f32>(into, load<f32>(ofRow, 4), 24);
    } else {
      const count = position + 1 - firstKey;
      store<f32>(into, <f32>(weighAll(count) * NativeMath.LOG2E), 16);
      store<f32>(into, <f32>distanceOf(known, count), 24);
    }
    store<f32>(into, position === 0 ? <f32>-1 : weightOf(position - 1));
    store<f32>(into, copied(position, earlier, 1), 4);
    store<f32>(into, weightOf(position), 8);
    store<f32>(into, weightOf(0), 12);
    store<f32>(into, copied(position, earlier, 0), 20);
  }
}

/** Writes the weights of all keys from the first on that the query may see. @returns their entropy in nats */
function weighAll(count: i32): f64 {
  const seen = keys + <usize>firstKey * keyStride;
  scoreKeys(query, seen, keyStride, width, count, factor, known);
  if (heat !== 1) soften(known, count, heat);
  if (masked) hide(known, firstKey, count, 0, masked, maskWords);
  if (chosen) keepSelected(known, count, chosen, nChosen);
  return weigh(known, count, norm);
}
