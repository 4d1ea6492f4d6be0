import { rowSize } from "../../checkOperator.ts";
import type { Route } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { EXP, LOWEST, NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";
import { maximum, workgroupTree } from "../wgsl/tree.ts";

const SIZE = 64;

/**
 * One workgroup per token. Selection is by rank: an expert's rank is the number of experts that beat it (a higher
 * biased score, or the same and a lower index), so ties need no care.
 * @see arXiv:2412.19437 eq. 12-16
 */
export function compileRoute(op: Route): readonly Kernel[] {
  const nExperts = rowSize(op.logits);
  const bias = op.bias ? [reads("bias", op.bias)] : [];
  return [
    {
      label: `route ${op.scoring} ${op.k} of ${nExperts}`,
      bindings: [
        reads("logits", op.logits),
        ...bias,
        writes("scores", op.scores),
        writes("biased", op.biased, "u32"),
        writes("indices", op.indices, "i32"),
        writes("weights", op.weights),
      ],
      params: {},
      body: `${EXP}
var<workgroup> reduced: array<f32, ${SIZE}>;
var<workgroup> score: array<f32, ${nExperts}>;
var<workgroup> selection: array<f32, ${nExperts}>;
var<workgroup> groupScore: array<f32, ${op.nGroups}>;
var<workgroup> chosen: array<u32, ${op.k}>;
var<workgroup> ordered: array<u32, ${op.k}>;
${entry(
  SIZE,
  `  if (wg >= step.nTokens) { return; }
  let row = wg * ${nExperts}u;
${op.scoring === "sigmoid" ? sigmoidScores(nExperts) : softmaxScores(nExperts)}
  for (var e = lid; e < ${nExperts}u; e += ${SIZE}u) {
    selection[e] = score[e]${op.bias ? " + bias(e)" : ""};
    scores[row + e] = score[e];
    biased[row + e] = bitcast<u32>(selection[e]);
  }
  for (var j = lid; j < ${op.k}u; j += ${SIZE}u) { chosen[j] = j; ordered[j] = j; }
  workgroupBarrier();
${op.nGroups > 1 ? dropGroups(op, nExperts) : ""}
  for (var e = lid; e < ${nExperts}u; e += ${SIZE}u) {
    var rank = 0u;
    for (var other = 0u; other < ${nExperts}u; other++) {
      if (selection[other] > selection[e] || (selection[other] == selection[e] && other < e)) { rank++; }
    }
    if (rank < ${op.k}u) { chosen[rank] = e; }
  }
  workgroupBarrier();
  for (var j = lid; j < ${op.k}u; j += ${SIZE}u) {
    let mine = score[chosen[j]];
    var rank = 0u;
    for (var other = 0u; other < ${op.k}u; other++) {
      let its = score[chosen[other]];
      if (its > mine || (its == mine && chosen[other] < chosen[j])) { rank++; }
    }
    ordered[rank] = chosen[j];
  }
  workgroupBarrier();
  var total = 0.0;
  for (var j = 0u; j < ${op.k}u; j++) { total += score[ordered[j]]; }
  for (var j = lid; j < ${op.k}u; j += ${SIZE}u) {
    indices[wg * ${op.k}u + j] = i32(ordered[j]);
    weights[wg * ${op.k}u + j] = score[ordered[j]]${op.normalize ? " / (total + 1e-20)" : ""} * ${op.scale};
  }`,
)}`,
      workgroups: (step) => step.nTokens,
    },
  ];
}

function sigmoidScores(nExperts: number): string {
  return `  for (var e = lid; e < ${nExperts}u; e += ${SIZE}u) {
    score[e] = 1.0 / (1.0 + expF32(-logits(row + e)));
  }`;
}

function softmaxScores(nExperts: number): string {
  return `  var highest = ${LOWEST};
  for (var e = lid; e < ${nExperts}u; e += ${SIZE}u) { highest = max(highest, logits(row + e)); }
  reduced[lid] = highest;
${workgroupTree("reduced", SIZE, maximum)}
  highest = reduced[0];
  workgroupBarrier();
  var share = 0.0;
  for (var e = lid; e < ${nExperts}u; e += ${SIZE}u) {
    score[e] = expF32(logits(row + e) - highest);
    share += score[e];
  }
  reduced[lid] = share;
${workgroupTree("reduced", SIZE)}
  for (var e = lid; e < ${nExperts}u; e += ${SIZE}u) { score[e] /= reduced[0]; }`;
}

/** Experts outside the best groups lose their selection score; the report says -inf. */
function dropGroups(op: Route, nExperts: number): string {
  const perGroup = nExperts / op.nGroups;
  return `  for (var g = lid; g < ${op.nGroups}u; g += ${SIZE}u) {
    var best = ${LOWEST};
    var next = ${LOWEST};
    for (var e = g * ${perGroup}u; e < (g + 1u) * ${perGroup}u; e++) {
      next = max(next, min(best, selection[e]));
      best = max(best, selection[e]);
    }
    groupScore[g] = best${op.groupScore === "top2sum" && perGroup > 1 ? " + next" : ""};
  }
  workgroupBarrier();
  for (var e = lid; e < ${nExperts}u; e += ${SIZE}u) {
    let g = e / ${perGroup}u;
    var rank = 0u;
    for (var other = 0u; other < ${op.nGroups}u; other++) {
      if (groupScore[other] > groupScore[g] || (groupScore[other] == groupScore[g] && other < g)) { rank++; }
    }
    if (rank >= ${op.nGroupsKept}u) {
      selection[e] = ${LOWEST};
      biased[row + e] = ${NEGATIVE_INFINITY_BITS};
    }
  }
  workgroupBarrier();`;
}
