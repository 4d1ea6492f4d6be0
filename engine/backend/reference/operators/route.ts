import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { Route } from "../../operators.ts";
import { at, largest, sigmoid } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";

/** @see arXiv:2412.19437 eq. 12-16; groups as in arXiv:2405.04434 section 2.2.2 */
export function route(op: Route, step: Step): void {
  const [logits, scores, biased] = [floats(op.logits), floats(op.scores), floats(op.biased)];
  const [indices, weights] = [ints(op.indices), floats(op.weights)];
  const bias = op.bias && floats(op.bias);
  const [adjust, adjustRows] = [
    op.adjust && floats(op.adjust),
    op.adjustRows && ints(op.adjustRows),
  ];
  const counts = op.counts && ints(op.counts);
  const nExperts = rowSize(op.logits);
  for (let t = 0; t < step.nTokens; t++) {
    const row = logits.subarray(t * nExperts, (t + 1) * nExperts);
    const rowScores = op.scoring === "sigmoid" ? row.map(sigmoid) : softmax(row);
    const rowBiased = rowScores.map((score, e) => (bias ? score + at(bias, e) : score));
    const adjusted = adjustRows ? at(adjustRows, t) : -1;
    if (adjust && adjusted >= 0)
      rowBiased.forEach((score, e) => {
        rowBiased[e] = score + at(adjust, adjusted * nExperts + e);
      });
    const isForbidden = rowBiased.map((score) => Number(score === Number.NEGATIVE_INFINITY));
    dropLosingGroups(op, rowBiased);
    scores.set(rowScores, t * nExperts);
    biased.set(rowBiased, t * nExperts);

    const count = counts && at(counts, t) >= 0 ? at(counts, t) : op.k;
    const chosen = largest(rowBiased, nExperts)
      .sort((a, b) => at(isForbidden, a) - at(isForbidden, b))
      .slice(0, count);
    const descending = largest(
      rowScores.map((score, e) => (chosen.includes(e) ? score : Number.NEGATIVE_INFINITY)),
      count,
    );
    const sum = descending.reduce((a, e) => a + at(rowScores, e), 0);
    const factor = op.normalize ? op.scale / (sum + 1e-20) : op.scale;
    indices.fill(-1, t * op.k, (t + 1) * op.k);
    weights.fill(0, t * op.k, (t + 1) * op.k);
    descending.forEach((e, j) => {
      indices[t * op.k + j] = e;
      weights[t * op.k + j] = at(rowScores, e) * factor;
    });
  }
}

function softmax(row: Float64Array): Float64Array {
  const max = row.reduce((a, b) => Math.max(a, b));
  const exponentials = row.map((x) => Math.exp(x - max));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((x) => x / sum);
}

/** Writes -inf over every group but the best `nGroupsKept`, and over none that is forced. */
function dropLosingGroups(op: Route, biased: Float64Array): void {
  if (op.nGroups === 1) return;
  const size = biased.length / op.nGroups;
  const groupScores = Float64Array.from({ length: op.nGroups }, (_, g) => {
    const group = biased.subarray(g * size, (g + 1) * size);
    const counted = largest(group, Math.min(op.groupScore === "max" ? 1 : 2, size));
    const [best = Number.NEGATIVE_INFINITY, ...rest] = counted.map((e) => at(group, e));
    return best === Number.POSITIVE_INFINITY ? best : rest.reduce((sum, x) => sum + x, best);
  });
  const kept = largest(groupScores, op.nGroupsKept);
  biased.forEach((score, e) => {
    if (!kept.includes(Math.floor(e / size)) && score !== Number.POSITIVE_INFINITY)
      biased[e] = Number.NEGATIVE_INFINITY;
  });
}
