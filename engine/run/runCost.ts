import type { DeviceDType } from "../backend/backend.ts";
import { type CostedChunk, costOf } from "../cost/costOf.ts";
import type { CostedOperator } from "../cost/operatorCost.ts";
import { compilePlan } from "../model/compilePlan.ts";
import type { AttentionForm } from "../model/plan.ts";
import type { CostRecord, RoutingRecord } from "../trace/schema.ts";
import { attentionForm } from "./attentionForm.ts";
import { costedOperators } from "./costedOperators.ts";
import type { RunState } from "./runState.ts";

/** What a run cost: shapes of the operators that ran, the routes taken, and the steps' measured times. */
export function runCost(
  state: RunState,
  routing: RoutingRecord,
  floatDType: DeviceDType,
): CostRecord {
  const { device, steps, nTokens, rows } = state;
  const { spec, weights } = device;
  const operators = new Map<AttentionForm, CostedOperator[]>();
  const operatorsOf = (form: AttentionForm): CostedOperator[] => {
    const known = operators.get(form);
    if (known !== undefined) return known;
    const sizes = { rows, capacity: nTokens };
    const made = costedOperators(compilePlan(spec, { form }), weights, floatDType, sizes);
    operators.set(form, made);
    return made;
  };
  const chunks = steps.map(
    ({ phase, form, start, nTokens: count, durationMs }): CostedChunk => ({
      phase,
      start,
      nTokens: count,
      durationMs,
      operators: operatorsOf(form),
    }),
  );
  return costOf({
    spec,
    chunks,
    routing: routing.layers.length > 0 ? routing : null,
    decodeOperators: operatorsOf(attentionForm(spec, 1)),
    cacheBytesPerElement: floatDType === "f64" ? 8 : 4,
  });
}
