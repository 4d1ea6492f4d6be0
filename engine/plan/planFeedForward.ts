import type { DenseSpec, FeedForwardSpec, MoeSpec } from "../model/spec.ts";
import type { Ref } from "./plan.ts";
import { addToResidual, projectToResidual, type Residual, sublayerOutput } from "./planResidual.ts";
import { type PlanScope, project } from "./planScope.ts";

/** The dense or mixture-of-experts half of a block; returns the residual after it. */
export function planFeedForward(
  scope: PlanScope,
  feedForward: FeedForwardSpec,
  x: Ref,
  residual: Residual,
): Ref {
  const { b, spec } = scope;
  if (feedForward.kind === "dense") {
    const name = `${scope.name}.mlp`;
    return projectToResidual(scope, denseHidden(scope, feedForward, x), residual, {
      weight: b.weight(`${name}.down`, spec.dModel, feedForward.dMlp),
      bias: feedForward.bias ? b.weight(`${name}.down.bias`, spec.dModel) : null,
    });
  }
  const delta = planMoe(scope, feedForward, x, sublayerOutput(scope, residual));
  return addToResidual(scope, delta, residual);
}

/** What the down projection reads. */
function denseHidden(scope: PlanScope, { dMlp, activation, bias }: DenseSpec, x: Ref): Ref {
  const { b, spec, layer } = scope;
  const name = `${scope.name}.mlp`;
  const post = `${name}.hook_post`;
  if (activation === "swiGlu")
    return gated(scope, { name, width: dMlp, bias }, x, {
      gate: `${name}.hook_pre`,
      up: `${name}.hook_pre_linear`,
      hidden: post,
    });
  const pre = project(scope, x, {
    weight: b.weight(`${name}.up`, dMlp, spec.dModel),
    bias: bias ? b.weight(`${name}.up.bias`, dMlp) : null,
    out: b.value(`${name}.hook_pre`, ["T", dMlp]),
  });
  const out = b.value(post, ["T", dMlp]);
  b.op(layer, { kind: "gelu", x: pre, out });
  return out;
}

/** Gate, chosen experts, shared expert, and their sum. arXiv:2401.06066, arXiv:2412.19437 eq. 12-16 */
function planMoe(scope: PlanScope, moe: MoeSpec, x: Ref, out: Ref): Ref {
  const { b, spec, layer } = scope;
  const { nExperts, nExpertsPerToken: k, dExpert } = moe;
  const name = `${scope.name}.mlp`;
  const logits = project(scope, x, {
    weight: b.weight(`${name}.router`, nExperts, spec.dModel),
    bias: moe.bias ? b.weight(`${name}.router.logit_bias`, nExperts) : null,
    out: b.value(`${name}.router_logits`, ["T", nExperts]),
  });
  const indices = b.value(`${name}.hook_expert_indices`, ["T", k], { dtype: "i32" });
  const weights = b.value(`${name}.hook_expert_weights`, ["T", k]);
  b.op(layer, {
    kind: "route",
    scoring: moe.scoring,
    k,
    nGroups: moe.nGroups,
    nGroupsKept: moe.nGroupsKept,
    groupScore: moe.groupScore,
    normalize: moe.normalizeWeights,
    scale: moe.scale,
    logits,
    bias: moe.selectionBias ? b.weight(`${name}.router.bias`, nExperts) : null,
    adjust: null,
    adjustRows: null,
    counts: null,
    scores: b.value(`${name}.hook_router_scores`, ["T", nExperts]),
    biased: b.value(`${name}.hook_router_biased`, ["T", nExperts]),
    indices,
    weights,
  });
  const expertBias = (which: "gate" | "up" | "down", width: number) =>
    moe.bias ? b.weight(`${name}.experts.${which}.bias`, nExperts, width) : null;
  const hidden = b.value(`${name}.experts_hidden`, ["T", k, dExpert]);
  b.op(layer, {
    kind: "expertsUp",
    x,
    indices,
    activation: moe.activation,
    gate: b.weight(`${name}.experts.gate`, nExperts, dExpert, spec.dModel),
    up: b.weight(`${name}.experts.up`, nExperts, dExpert, spec.dModel),
    gateBias: expertBias("gate", dExpert),
    upBias: expertBias("up", dExpert),
    out: hidden,
  });
  const experts = b.value(`${name}.hook_expert_out`, ["T", k, spec.dModel]);
  b.op(layer, {
    kind: "expertsDown",
    h: hidden,
    indices,
    down: b.weight(`${name}.experts.down`, nExperts, spec.dModel, dExpert),
    bias: expertBias("down", spec.dModel),
    out: experts,
  });
  const shared = moe.dShared === 0 ? null : sharedExpert(scope, moe.dShared, x);
  b.op(layer, { kind: "expertsCombine", experts, weights, shared, out });
  return out;
}

function sharedExpert(scope: PlanScope, dShared: number, x: Ref): Ref {
  const { b, spec } = scope;
  const name = `${scope.name}.mlp.shared`;
  const hidden = gated(scope, { name, width: dShared, bias: false }, x, {
    gate: `${name}_gate`,
    up: `${name}_up`,
    hidden: `${name}_hidden`,
  });
  return project(scope, hidden, {
    weight: b.weight(`${name}.down`, spec.dModel, dShared),
    out: b.value(`${scope.name}.mlp.hook_shared_out`, ["T", spec.dModel]),
  });
}

/** silu(gate x) * (up x). arXiv:2002.05202 */
function gated(
  scope: PlanScope,
  weights: { readonly name: string; readonly width: number; readonly bias: boolean },
  x: Ref,
  names: { readonly gate: string; readonly up: string; readonly hidden: string },
): Ref {
  const { b, spec, layer } = scope;
  const { name, width, bias } = weights;
  const half = (which: "gate" | "up") =>
    project(scope, x, {
      weight: b.weight(`${name}.${which}`, width, spec.dModel),
      bias: bias ? b.weight(`${name}.${which}.bias`, width) : null,
      out: b.value(names[which], ["T", width]),
    });
  const gate = half("gate");
  const up = half("up");
  const out = b.value(names.hidden, ["T", width]);
  b.op(layer, { kind: "swiGlu", gate, up, out });
  return out;
}
