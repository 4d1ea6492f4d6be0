import type { LayerForm, Ref } from "./plan.ts";
import { planGqa } from "./planGqa.ts";
import { planMla } from "./planMla.ts";
import type { PlanScope } from "./planScope.ts";

/** The attention half of a block, of whichever kind; returns the residual stream after it. */
export function planAttention(scope: PlanScope, form: LayerForm, x: Ref, residual: Ref): Ref {
  const { attention } = scope.own;
  return attention.kind === "gqa"
    ? planGqa(scope, attention, x, residual)
    : planMla(scope, attention, form, x, residual);
}
