import type { DeviceDType } from "../backend/deviceTensor.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { Plan, PlanValue, Ref } from "../plan/plan.ts";
import { isRef } from "../plan/planBuilder.ts";
import type { CostClass } from "../trace/schema.ts";
import { costClassOf } from "./costClass.ts";
import type { CostedOperator, TensorShape } from "./operatorCost.ts";

/** An operator on paper, and the part of the model it belongs to. */
export interface ClassedOperator {
  readonly operator: CostedOperator;
  readonly costClass: CostClass;
}

interface Sizes {
  /** Rows of activations: the tokens of a step. */
  readonly rows: number;
  readonly capacity: number;
}

/**
 * The plan's operators with the shapes and dtypes their tensors have on a device, for the cost model.
 * @param stored what a value takes that is not of `floatDType`, or null where it is
 */
export function costedOperators(
  plan: Plan,
  weights: ReadonlyMap<string, TensorShape>,
  floatDType: DeviceDType,
  sizes: Sizes,
  stored: (value: PlanValue) => Omit<TensorShape, "shape"> | null = () => null,
): ClassedOperator[] {
  const shaped = ({ from, name }: Ref) => {
    if (from === "weight") {
      const weight = weights.get(name);
      return { shape: weight?.shape ?? [], dtype: weight?.dtype ?? floatDType };
    }
    const value = plan.values.get(name);
    if (value === undefined) throw new Error(`the plan has no value ${name}`);
    return {
      shape: concreteShape(value, sizes),
      dtype: value.dtype === "i32" ? ("i32" as const) : floatDType,
      ...stored(value),
    };
  };
  return plan.ops.map((op) => ({
    costClass: costClassOf(op),
    operator: Object.fromEntries(
      Object.entries(op.operator).map(([field, value]) => [
        field,
        isRef(value) ? shaped(value) : value,
      ]),
    ) as CostedOperator,
  }));
}
