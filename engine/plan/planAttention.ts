import type { AttentionSpec } from "../model/spec.ts";
import type { AttentionForm, Ref } from "./plan.ts";
import { planGqa } from "./planGqa.ts";
import { planMla } from "./planMla.ts";
import type { PlanScope } from "./planScope.ts";

/** The attention half of a block, of whichever kind; returns the residual stream after it. */
export function planAttention(scope: PlanScope, form: AttentionForm, x: Ref, residual: Ref): Ref {
  const { attention } = scope.spec;
  return attention.kind === "gqa"
    ? planGqa(scope, attention, x, residual)
    : planMla(scope, attention, form, x, residual);
}

/** The form that serves a plan which asks for none. */
export function defaultForm({ kind }: AttentionSpec): AttentionForm {
  return kind === "mla" ? "absorbed" : "gqa";
}
