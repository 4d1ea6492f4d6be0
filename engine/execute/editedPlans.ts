import type { CompiledEdits } from "../act/compileEdits.ts";
import { compilePlan } from "../plan/compilePlan.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import { specialise } from "../plan/specialise.ts";

/** Plans of the forward pass with edits in it, each compiled once. @param observed further values that somebody looks at */
export function editedPlans(
  { spec, observed: edited, changes }: CompiledEdits,
  observed: ReadonlySet<string> = new Set(),
): (form?: AttentionForm) => Plan {
  const known = new Map<AttentionForm | undefined, Plan>();
  return (form) => {
    const before = known.get(form);
    if (before !== undefined) return before;
    const options = { ...(form && { form }), observed: new Set([...edited, ...observed]) };
    const plan = specialise(compilePlan(spec, options), changes);
    known.set(form, plan);
    return plan;
  };
}
