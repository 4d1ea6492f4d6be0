import type { LayerForm, Ref } from "./plan.ts";
import { planAttention } from "./planAttention.ts";
import { planFeedForward } from "./planFeedForward.ts";
import { enterBlock, readResidual } from "./planResidual.ts";
import { normalize, type PlanScope } from "./planScope.ts";

/** A block: attention, then the feed-forward layer, each of a norm of what it reads; returns the residual after it. */
export function planBlock(scope: PlanScope, form: LayerForm, residual: Ref): Ref {
  const { name, own } = scope;
  const before = readResidual(scope, enterBlock(scope, residual), "attn");
  const normed = normalize(scope, before.read, `${name}.ln1`);
  const mid = readResidual(scope, planAttention(scope, form, normed, before), "mlp");
  return planFeedForward(scope, own.feedForward, normalize(scope, mid.read, `${name}.ln2`), mid);
}
