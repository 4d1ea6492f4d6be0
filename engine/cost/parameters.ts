import type { ModelWeight } from "../model/modelWeights.ts";
import type { ModelSpec } from "../model/spec.ts";
import { compilePlan } from "../plan/compilePlan.ts";
import type { Plan, PlanOp } from "../plan/plan.ts";
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

interface Counted {
  readonly parameters: ParameterCount;
  readonly weights: readonly ClassedWeight[];
}

const known = new WeakMap<ModelSpec, Counted>();

/** Parameters of a model, as its authors count them: DeepSeek-V3 has 671.0 B, of which 36.6 B are active. */
export function countParameters(spec: ModelSpec): ParameterCount {
  return counted(spec).parameters;
}

function counted(spec: ModelSpec): Counted {
  const count = known.get(spec) ?? countWeights(spec);
  known.set(spec, count);
  return count;
}

function countWeights(spec: ModelSpec): Counted {
  const ops = classedOps(spec);
  const weights = weightsOf(spec, ops);
  const present = COST_CLASSES.filter((known) => ops.some(({ costClass }) => costClass === known));
  const ofEach = (of: (weight: ClassedWeight) => number) =>
    new Map(
      present.map((costClass) => [
        costClass,
        weights.reduce((n, weight) => n + (weight.costClass === costClass ? of(weight) : 0), 0),
      ]),
    );
  const byClass = ofEach(({ count }) => count);
  const activeByClass = ofEach(({ active }) => active);
  const drafts = byClass.get("mtp") ?? 0;
  const total = sumOf(byClass) - drafts;
  const active = sumOf(activeByClass);
  return { parameters: { total, active, drafts, byClass, activeByClass }, weights };
}

function sumOf(byClass: ReadonlyMap<CostClass, number>): number {
  return [...byClass.values()].reduce((sum, count) => sum + count, 0);
}

/** A weight and the part of the model that reads it first. */
export interface ClassedWeight extends ModelWeight {
  readonly costClass: CostClass;
  /** Numbers in it. */
  readonly count: number;
  /** Those of them that serve one token; 0 of what only drafts, and of tables that one row is read of. */
  readonly active: number;
}

/** Every weight of the model once, drafts last. */
export function classedWeights(spec: ModelSpec): readonly ClassedWeight[] {
  return counted(spec).weights;
}

function weightsOf(spec: ModelSpec, ops: readonly ClassedOp[]): ClassedWeight[] {
  const ofHead = new Set(
    ops.flatMap(({ op, costClass }) => (costClass === "head" ? op.weights : [])),
  );
  const found = new Map<string, ClassedWeight>();
  for (const { plan, op, costClass } of ops)
    for (const name of op.weights) {
      if (found.has(name)) continue;
      const shape = plan.weights.get(name)?.shape ?? [];
      const count = shape.reduce((product, size) => product * size, 1);
      const isPassive = costClass === "mtp" || (costClass === "embedding" && !ofHead.has(name));
      const used = costClass === "routedExperts" ? ofChosen(spec, op.layer, count) : count;
      found.set(name, { name, shape, costClass, count, active: isPassive ? 0 : used });
    }
  return [...found.values()];
}

interface ClassedOp {
  readonly plan: Plan;
  readonly op: PlanOp;
  readonly costClass: CostClass;
}

/** Of the model, then of the module that drafts. */
function classedOps(spec: ModelSpec): ClassedOp[] {
  const model = compilePlan(spec);
  const plans = spec.mtp === null ? [model] : [model, planMtp(spec, { logits: "last" })];
  return plans.flatMap((plan) => plan.ops.map((op) => ({ plan, op, costClass: costClassOf(op) })));
}

/** Of the parameters of a layer's experts, those of the experts that one token is sent to. */
function ofChosen({ layers }: ModelSpec, layer: number | null, count: number): number {
  const feedForward = layer === null ? undefined : layers[layer]?.feedForward;
  if (feedForward?.kind !== "moe") return count;
  return (count / feedForward.nExperts) * feedForward.nExpertsPerToken;
}
