import type { ModelSpec } from "../model/spec.ts";
import { compilePlan } from "../plan/compilePlan.ts";
import type { Plan } from "../plan/plan.ts";
import { planMtp } from "../plan/planMtp.ts";
import type { CostClass } from "../trace/schema.ts";
import { COST_CLASSES, costClassOf } from "./costClass.ts";

/** Numbers stored in a checkpoint, counted from the weights that the plan reads. */
export interface ParameterCount {
  readonly total: number;
  /**
   * Read for one token: every attention, norm and router, the chosen and the shared experts, the head. Of the embedding
   * table one row is read, so the table is left out unless it also serves as the head; so is a table of positions.
   */
  readonly active: number;
  /** Of the module that drafts tokens (multi-token prediction); not in `total`. */
  readonly drafts: number;
  /** Of every class that the model has operators of, drafts as `mtp`. A weight counts for the first that reads it. */
  readonly byClass: ReadonlyMap<CostClass, number>;
  /** Of `active`, by the same classes. */
  readonly activeByClass: ReadonlyMap<CostClass, number>;
}

const known = new WeakMap<ModelSpec, ParameterCount>();

/** Parameters of a model, as its authors count them: DeepSeek-V3 has 671.0 B, of which 36.6 B are active. */
export function countParameters(spec: ModelSpec): ParameterCount {
  const count = known.get(spec) ?? countWeights(spec);
  known.set(spec, count);
  return count;
}

function countWeights(spec: ModelSpec): ParameterCount {
  const model = compilePlan(spec);
  const plans = spec.mtp === null ? [model] : [model, planMtp(spec, { logits: "last" })];
  const ops = plans.flatMap((plan) =>
    plan.ops.map((op) => ({ plan, op, costClass: costClassOf(op) })),
  );
  const ofHead = new Set(
    ops.flatMap(({ op, costClass }) => (costClass === "head" ? op.weights : [])),
  );
  const present = COST_CLASSES.filter((known) => ops.some(({ costClass }) => costClass === known));
  const byClass = new Map(present.map((costClass) => [costClass, 0]));
  const activeByClass = new Map(byClass);
  const counted = new Set<string>();
  for (const { plan, op, costClass } of ops)
    for (const name of op.weights) {
      if (counted.has(name)) continue;
      counted.add(name);
      const count = elements(plan, name);
      add(byClass, costClass, count);
      if (costClass === "mtp" || (costClass === "embedding" && !ofHead.has(name))) continue;
      const isRouted = costClass === "routedExperts";
      add(activeByClass, costClass, isRouted ? ofChosen(spec, op.layer, count) : count);
    }
  const drafts = byClass.get("mtp") ?? 0;
  const total = sumOf(byClass) - drafts;
  return { total, active: sumOf(activeByClass), drafts, byClass, activeByClass };
}

function add(counts: Map<CostClass, number>, costClass: CostClass, count: number): void {
  counts.set(costClass, (counts.get(costClass) ?? 0) + count);
}

function sumOf(counts: ReadonlyMap<CostClass, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** Of the parameters of a layer's experts, those of the experts that one token is sent to. */
function ofChosen({ layers }: ModelSpec, layer: number | null, count: number): number {
  const feedForward = layer === null ? undefined : layers[layer]?.feedForward;
  if (feedForward?.kind !== "moe") return count;
  return (count / feedForward.nExperts) * feedForward.nExpertsPerToken;
}

function elements({ weights }: Plan, name: string): number {
  return weights.get(name)?.shape.reduce((product, size) => product * size, 1) ?? 0;
}
