import type { ModelSpec } from "../model/spec.ts";
import { compilePlan } from "../plan/compilePlan.ts";
import type { PlanValue } from "../plan/plan.ts";
import { planMtp } from "../plan/planMtp.ts";
import { siteCatalog } from "../plan/sites/siteCatalog.ts";

/** All values that runs of a model may store, by name: of its plan, of its draft module, and maps that edits have changed. */
export function planValues(spec: ModelSpec): ReadonlyMap<string, PlanValue> {
  const observed = new Set(siteCatalog(spec).flatMap(({ needs }) => needs));
  const maps = spec.layers.flatMap(({ attention: { nHeads } }, layer) =>
    ["hook_pattern", "hook_attn_scores"].map((map): [string, PlanValue] => {
      const name = `blocks.${layer}.attn.${map}`;
      return [name, { name, shape: ["T", nHeads, "context"], dtype: "f32", role: "activation" }];
    }),
  );
  const drafts = spec.mtp === null ? [] : planMtp(spec, { logits: "all", observed }).values;
  return new Map([...maps, ...drafts, ...compilePlan(spec, { observed }).values]);
}

/** A value's axes as a record has it, of a run of so many tokens: rows of tokens, and no columns behind the last of them. */
export function recordedShape({ shape }: PlanValue, nTokens: number): number[] {
  return shape.map((axis, i) => (i > 0 && typeof axis === "number" ? axis : nTokens));
}
