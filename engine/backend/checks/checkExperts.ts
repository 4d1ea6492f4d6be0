import { describe, type FieldChecker } from "../fieldChecker.ts";
import type { ExpertsCombine, ExpertsDown, ExpertsUp, Route } from "../operators.ts";
import { rowSize } from "../tensorSize.ts";

/** The contracts of routers and experts. */

export function checkExpertsDown(op: ExpertsDown, check: FieldChecker): void {
  const [nExperts, dModel, dExpert] = check.axes("down", op.down, 3);
  if (op.bias) check.size("bias", op.bias, nExperts * dModel);
  check.tokens("indices", op.indices, rowSize(op.indices), true);
  check.tokens("h", op.h, rowSize(op.indices) * dExpert);
  check.tokens("out", op.out, rowSize(op.indices) * dModel);
}

export function checkExpertsCombine(op: ExpertsCombine, check: FieldChecker): void {
  const dModel = rowSize(op.out);
  check.tokens("weights", op.weights, rowSize(op.weights));
  check.tokens("experts", op.experts, rowSize(op.weights) * dModel);
  if (op.shared) check.tokens("shared", op.shared, dModel);
  check.tokens("out", op.out, dModel);
}

export function checkRoute(op: Route, check: FieldChecker): void {
  const nExperts = rowSize(op.logits);
  const perGroup = nExperts / op.nGroups;
  check.that(Number.isInteger(perGroup), "nGroups", `a divisor of ${nExperts} experts`, op.nGroups);
  check.that(
    op.nGroupsKept >= 1 && op.nGroupsKept <= op.nGroups,
    "nGroupsKept",
    `from 1 to ${op.nGroups}`,
    op.nGroupsKept,
  );
  const available = op.nGroupsKept * perGroup;
  check.that(op.k >= 1 && op.k <= available, "k", `from 1 to ${available}`, op.k);
  check.tokens("logits", op.logits, nExperts);
  if (op.bias) check.size("bias", op.bias, nExperts);
  check.that(
    (op.adjust === null) === (op.adjustRows === null),
    "adjust",
    "and adjustRows both given or both null",
    `${op.adjust && describe(op.adjust)} and ${op.adjustRows && describe(op.adjustRows)}`,
  );
  if (op.adjust) check.row("adjust", op.adjust, nExperts);
  if (op.adjustRows) check.tokens("adjustRows", op.adjustRows, 1, true);
  if (op.counts) check.tokens("counts", op.counts, 1, true);
  check.tokens("scores", op.scores, nExperts);
  check.tokens("biased", op.biased, nExperts);
  check.tokens("indices", op.indices, op.k, true);
  check.tokens("weights", op.weights, op.k);
}

export function checkExpertsUp(op: ExpertsUp, check: FieldChecker): void {
  const [nExperts, dExpert, dModel] = check.axes("gate", op.gate, 3);
  check.size("up", op.up, nExperts * dExpert * dModel);
  if (op.gateBias) check.size("gateBias", op.gateBias, nExperts * dExpert);
  if (op.upBias) check.size("upBias", op.upBias, nExperts * dExpert);
  check.tokens("x", op.x, dModel);
  check.tokens("indices", op.indices, rowSize(op.indices), true);
  check.tokens("out", op.out, rowSize(op.indices) * dExpert);
}
