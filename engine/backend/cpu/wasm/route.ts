import { exp1, sigmoid1 } from "./exp";
import { weightAt } from "./lanes";

/** What stands in `taken` for an expert at -inf; one that is chosen has 1. */
const forbidden: u8 = 2;

function at(values: usize, i: i32): f32 {
  return load<f32>(values + ((<usize>i) << 2));
}

function put(values: usize, i: i32, value: f32): void {
  store<f32>(values + ((<usize>i) << 2), value);
}

function softmax(logits: usize, n: i32, out: usize): void {
  let highest = at(logits, 0);
  for (let e = 1; e < n; e++) highest = max(highest, at(logits, e));
  let sum: f32 = 0;
  for (let e = 0; e < n; e++) {
    const value = exp1(at(logits, e) - highest);
    put(out, e, value);
    sum += value;
  }
  for (let e = 0; e < n; e++) put(out, e, at(out, e) / sum);
}

/** Index of the largest value among [from, to) whose `taken` byte is 0; ties to the lower index; -1 if all are taken. */
function largest(values: usize, taken: usize, from: i32, to: i32): i32 {
  let best = -1;
  for (let e = from; e < to; e++)
    if (!load<u8>(taken + e) && (best < 0 || at(values, e) > at(values, best))) best = e;
  return best;
}

/** The best expert that is free, else the first that is forbidden. */
function nextBest(biased: usize, taken: usize, n: i32): i32 {
  const best = largest(biased, taken, 0, n);
  if (best >= 0) return best;
  let e = 0;
  while (load<u8>(taken + e) !== forbidden) e += 1;
  return e;
}

/** Writes -inf over all groups but the best `kept`, and over none that is forced. `groupScores` and `taken` are scratch. */
function dropGroups(
  biased: usize,
  n: i32,
  groups: i32,
  kept: i32,
  byMax: i32,
  groupScores: usize,
  taken: usize,
): void {
  const size = n / groups;
  memory.fill(taken, 0, n);
  for (let g = 0; g < groups; g++) {
    const first = largest(biased, taken, g * size, (g + 1) * size);
    store<u8>(taken + first, 1);
    let score = at(biased, first);
    if (!byMax && size > 1 && score !== <f32>Infinity)
      score += at(biased, largest(biased, taken, g * size, (g + 1) * size));
    put(groupScores, g, score);
  }
  memory.fill(taken, 0, groups);
  for (let i = 0; i < kept; i++) store<u8>(taken + largest(groupScores, taken, 0, groups), 1);
  for (let g = 0; g < groups; g++)
    if (!load<u8>(taken + g))
      for (let e = g * size; e < (g + 1) * size; e++)
        if (at(biased, e) !== <f32>Infinity) put(biased, e, <f32>-Infinity);
}

/** Rows [from, to). Scratch: n floats and n bytes. `bias`, `adjustMap` and `counts` are 0 for none. */
export function route(
  sigmoid: i32,
  logits: usize,
  bias: usize,
  biasBf16: i32,
  adjust: usize,
  adjustMap: usize,
  counts: usize,
  n: i32,
  k: i32,
  groups: i32,
  kept: i32,
  byMax: i32,
  normalize: i32,
  scale: f32,
  allScores: usize,
  allBiased: usize,
  allIndices: usize,
  allWeights: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const taken = scratch + ((<usize>n) << 2);
  for (let t = from; t < to; t++) {
    const row = logits + ((<usize>(t * n)) << 2);
    const scores = allScores + ((<usize>(t * n)) << 2);
    const biased = allBiased + ((<usize>(t * n)) << 2);
    const indices = allIndices + ((<usize>(t * k)) << 2);
    const weights = allWeights + ((<usize>(t * k)) << 2);
    if (sigmoid) for (let e = 0; e < n; e++) put(scores, e, sigmoid1(at(row, e)));
    else softmax(row, n, scores);
    for (let e = 0; e < n; e++) {
      let value = at(scores, e);
      if (bias) value += biasBf16 ? weightAt<u16>(bias + ((<usize>e) << 1)) : at(bias, e);
      put(biased, e, value);
    }
    const adjusted = adjustMap ? load<i32>(adjustMap + ((<usize>t) << 2)) : -1;
    const changes = adjust + ((<usize>adjusted * <usize>n) << 2);
    if (adjusted >= 0) for (let e = 0; e < n; e++) put(biased, e, at(biased, e) + at(changes, e));
    if (groups > 1) dropGroups(biased, n, groups, kept, byMax, scratch, taken);

    // Choose by biased score, then put the chosen in descending order of their own score.
    memory.fill(taken, 0, n);
    if (adjusted >= 0)
      for (let e = 0; e < n; e++)
        if (at(changes, e) === <f32>-Infinity) store<u8>(taken + e, forbidden);
    const asked = counts ? load<i32>(counts + ((<usize>t) << 2)) : -1;
    const count = asked < 0 ? k : asked;
    for (let j = 0; j < count; j++) store<u8>(taken + nextBest(biased, taken, n), 1);
    for (let e = 0; e < n; e++) store<u8>(taken + e, load<u8>(taken + e) ^ 1);
    let sum: f32 = 0;
    for (let j = count; j < k; j++) {
      store<i32>(indices + ((<usize>j) << 2), -1);
      put(weights, j, 0);
    }
    for (let j = 0; j < count; j++) {
      const e = largest(scores, taken, 0, n);
      store<u8>(taken + e, 1);
      store<i32>(indices + ((<usize>j) << 2), e);
      put(weights, j, at(scores, e));
      sum += at(scores, e);
    }
    const factor: f32 = normalize ? scale / (sum + <f32>1e-20) : scale;
    for (let j = 0; j < count; j++) put(weights, j, at(weights, j) * factor);
  }
}
