import { rowSize } from "../../checkOperator.ts";
import type { Route } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { EXP, INFINITY_BITS, LOWEST, NAN_BITS, NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";
import { maximum, workgroupTree } from "../wgsl/tree.ts";

const SIZE = 64;

/** Where +inf stands among the selection scores; -inf stands at LOWEST. */
const FORCED = "3.4028234e38";

/** Where experts of groups that lost stand: below every score, but before the forbidden ones. */
const LOST = "-3.4e38";

/**
 * One workgroup per token. Selection is by rank: an expert's rank is the number of experts that beat it (a higher
 * biased score, or the same and a lower index), so ties need no care.
 * @see arXiv:2412.19437 eq. 12-16
 */
export function compileRoute(op: Route): readonly Kernel[] {
  const nExperts = rowSize(op.logits);
  const bias = op.bias ? [reads("bias", op.bias)] : [];
  const { adjust, adjustRows } = op;
  const adjusts =
    adjust && adjustRows ? [reads("adjust", adjust), reads("adjustRows", adjustRows)] : [];
  const { counts } = op;
  const isWrong = [
    ...(adjust ? ["adjusted >= i32(params.nRows)"] : []),
    ...(counts ? ["asked > i32(params.k)"] : []),
  ].join(" || ");
  const weight = `score[ordered[j]]${op.normalize ? " / (total + 1e-20)" : ""} * ${op.scale}`;
  return [
    {
      label: `route ${op.scoring} ${op.k} of ${nExperts}`,
      bindings: [
        reads("logits", op.logits),
        ...bias,
        ...adjusts,
        ...(counts ? [reads("counts", counts)] : []),
        writes("scores", op.scores),
        writes("biased", op.biased, "u32"),
        writes("indices", op.indices, "i32"),
        writes("weights", op.weights),
      ],
      params: {
        nExperts,
        k: op.k,
        nGroups: op.nGroups,
        nGroupsKept: op.nGroupsKept,
        perGroup: nExperts / op.nGroups,
        ...(adjust ? { nRows: adjust.shape[0] ?? 0 } : {}),
        ...(isWrong ? { nan: NAN_BITS } : {}),
      },
      body: () => `${EXP}
var<workgroup> reduced: array<f32, ${SIZE}>;
var<workgroup> score: array<f32, ${nExperts}>;
var<workgroup> selection: array<f32, ${nExperts}>;
var<workgroup> groupScore: array<f32, ${op.nGroups}>;
var<workgroup> chosen: array<u32, ${op.k}>;
var<workgroup> ordered: array<u32, ${op.k}>;
${entry(
  SIZE,
  `  if (wg >= step.nTokens) { return; }
  let row = wg * params.nExperts;
${counts ? COUNT : "  let count = params.k;"}
${op.scoring === "sigmoid" ? sigmoidScores() : softmaxScores()}
  for (var e = lid; e < params.nExperts; e += ${SIZE}u) {
    selection[e] = score[e]${op.bias ? " + bias(e)" : ""};
    scores[row + e] = score[e];
    biased[row + e] = bitcast<u32>(selection[e]);
  }
${adjust ? ADJUSTED : ""}
  for (var j = lid; j < params.k; j += ${SIZE}u) { chosen[j] = j; ordered[j] = j; }
  workgroupBarrier();
${op.nGroups > 1 ? dropGroups(op) : ""}
  for (var e = lid; e < params.nExperts; e += ${SIZE}u) {
    var rank = 0u;
    for (var other = 0u; other < params.nExperts; other++) {
      if (selection[other] > selection[e] || (selection[other] == selection[e] && other < e)) { rank++; }
    }
    if (rank < count) { chosen[rank] = e; }
  }
  workgroupBarrier();
  for (var j = lid; j < count; j += ${SIZE}u) {
    let mine = score[chosen[j]];
    var rank = 0u;
    for (var other = 0u; other < count; other++) {
      let its = score[chosen[other]];
      if (its > mine || (its == mine && chosen[other] < chosen[j])) { rank++; }
    }
    ordered[rank] = chosen[j];
  }
  workgroupBarrier();
  var total = 0.0;
  for (var j = 0u; j < count; j++) { total += score[ordered[j]]; }
  for (var j = lid; j < params.k; j += ${SIZE}u) {
    indices[wg * params.k + j] = ${counts ? "select(-1, i32(ordered[j]), j < count)" : "i32(ordered[j])"};
    let weight = ${counts ? `select(0.0, ${weight}, j < count)` : weight};
    weights[wg * params.k + j] = ${isWrong ? `select(weight, bitcast<f32>(params.nan), ${isWrong})` : "weight"};
  }`,
)}`,
      workgroups: (step) => step.nTokens,
    },
  ];
}

const COUNT = `  let asked = counts(wg);
  let count = select(min(u32(asked), params.k), params.k, asked < 0);`;

/** Infinities are told by their bits: WGSL promises no arithmetic with them. */
const ADJUSTED = `  let adjusted = adjustRows(wg);
  if (adjusted >= 0 && adjusted < i32(params.nRows)) {
    for (var e = lid; e < params.nExperts; e += ${SIZE}u) {
      let change = adjust(u32(adjusted) * params.nExperts + e);
      let bits = bitcast<u32>(change);
      if (bits == ${INFINITY_BITS}) {
        selection[e] = ${FORCED};
        biased[row + e] = bits;
      } else if (bits == ${NEGATIVE_INFINITY_BITS}) {
        selection[e] = ${LOWEST};
        biased[row + e] = bits;
      } else if (change != 0.0) {
        selection[e] += change;
        biased[row + e] = bitcast<u32>(selection[e]);
      }
    }
  }`;

function sigmoidScores(): string {
  return `  for (var e = lid; e < params.nExperts; e += ${SIZE}u) {
    score[e] = 1.0 / (1.0 + expF32(-logits(row + e)));
  }`;
}

function softmaxScores(): string {
  return `  var highest = ${LOWEST};
  for (var e = lid; e < params.nExperts; e += ${SIZE}u) { highest = max(highest, logits(row + e)); }
  reduced[lid] = highest;
${workgroupTree("reduced", SIZE, maximum)}
  highest = reduced[0];
  workgroupBarrier();
  var share = 0.0;
  for (var e = lid; e < params.nExperts; e += ${SIZE}u) {
    score[e] = expF32(logits(row + e) - highest);
    share += score[e];
  }
  reduced[lid] = share;
${workgroupTree("reduced", SIZE)}
  for (var e = lid; e < params.nExperts; e += ${SIZE}u) { score[e] /= reduced[0]; }`;
}

/** A group's score where one of the experts that count is at an infinity. */
function groupOfInfinities({ groupScore }: Route): string {
  const second = groupScore === "max" ? "false" : "(params.perGroup > 1u && next <= lowest)";
  return `    let lowest = ${LOWEST};
    if (best >= ${FORCED}) { groupScore[g] = ${FORCED}; }
    else if (best <= lowest || ${second}) { groupScore[g] = lowest; }`;
}

/** Experts outside the best groups lose their selection score; the report says -inf. */
function dropGroups(op: Route): string {
  return `  for (var g = lid; g < params.nGroups; g += ${SIZE}u) {
    var best = ${LOWEST};
    var next = ${LOWEST};
    for (var e = g * params.perGroup; e < (g + 1u) * params.perGroup; e++) {
      next = max(next, min(best, selection[e]));
      best = max(best, selection[e]);
    }
    groupScore[g] = best${op.groupScore === "top2sum" ? " + select(next, 0.0, params.perGroup == 1u)" : ""};
${op.adjust ? groupOfInfinities(op) : ""}
  }
  workgroupBarrier();
  for (var e = lid; e < params.nExperts; e += ${SIZE}u) {
    let g = e / params.perGroup;
    var rank = 0u;
    for (var other = 0u; other < params.nGroups; other++) {
      if (groupScore[other] > groupScore[g] || (groupScore[other] == groupScore[g] && other < g)) { rank++; }
    }
    if (rank >= params.nGroupsKept${op.adjust ? ` && selection[e] < ${FORCED}` : ""}) {
      ${op.adjust ? `if (selection[e] > ${LOWEST}) { selection[e] = ${LOST}; }` : `selection[e] = ${LOWEST};`}
      biased[row + e] = ${NEGATIVE_INFINITY_BITS};
    }
  }
  workgroupBarrier();`;
}
