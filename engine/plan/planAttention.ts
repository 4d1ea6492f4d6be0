import type { LayerForm, Ref } from "./plan.ts";
import { planGqa } from "./planGqa.ts";
import { planMla } from "./planMla.ts";
import type { Residual } from "./planResidual.ts";
import type { PlanScope } from "./planScope.ts";

/** The attention half of a block, of whichever kind; returns the residual after it. */
export function planAttention(scope: PlanScope, form: LayerForm, x: Ref, residual: Residual): Ref {
  const { attention } = scope.own;
  return attention.kind === "gqa"
    ? planGqa(scope, attention, x, residual)
    : planMla(scope, attention, form, x, residual);
}
