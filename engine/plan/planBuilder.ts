import { contractOf } from "../backend/operatorTable.ts";
import type { ModelWeight } from "../model/modelWeights.ts";
import type { Axis, PlanOp, PlanValue, Ref, SymbolicOperator, ValueRole } from "./plan.ts";

/** Collects values, weights and operators in order while a plan is written down. */
export class PlanBuilder {
  readonly values = new Map<string, PlanValue>();
  readonly weights = new Map<string, ModelWeight>();
  readonly ops: PlanOp[] = [];

  value(
    name: string,
    shape: readonly Axis[],
    options: { readonly dtype?: PlanValue["dtype"]; readonly role?: ValueRole } = {},
  ): Ref {
    const { dtype = "f32", role = "activation" } = options;
    if (!this.values.has(name)) this.values.set(name, { name, shape, dtype, role });
    return { from: "value", name };
  }

  weight(name: string, ...shape: readonly number[]): Ref {
    this.weights.set(name, { name, shape });
    return { from: "weight", name };
  }

  op(layer: number | null, operator: SymbolicOperator): void {
    this.ops.push(planOp(layer, operator));
  }
}

/** An operator with what it reads and writes. */
export function planOp(layer: number | null, operator: SymbolicOperator): PlanOp {
  const { writes } = contractOf(operator.kind);
  const inputs: string[] = [];
  const outputs: string[] = [];
  const weights: string[] = [];
  for (const [field, ref] of Object.entries(operator)) {
    if (!isRef(ref)) continue;
    const names = ref.from === "weight" ? weights : writes.includes(field) ? outputs : inputs;
    names.push(ref.name);
  }
  return { operator, layer, inputs, outputs, weights };
}

/** Is this field of a symbolic operator a name that binding replaces? */
export function isRef(field: unknown): field is Ref {
  return typeof field === "object" && field !== null && "from" in field;
}
