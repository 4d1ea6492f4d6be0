import type { DeviceDType } from "../backend/deviceTensor.ts";
import { type ClassedOperator, costedOperators } from "../cost/costedOperators.ts";
import { type CostedChunk, costOf } from "../cost/costOf.ts";
import { editedPlans } from "../execute/editedPlans.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import type { CostRecord, RoutingRecord } from "../trace/schema.ts";
import { type RunState, specOf } from "./runState.ts";

/** What a run cost: shapes of the operators that ran, the routes taken, and the steps' measured times. */
export function runCost(
  state: RunState,
  routing: RoutingRecord,
  floatDType: DeviceDType,
): CostRecord {
  const { device, nTokens, rows, edits } = state;
  const { weights, plans } = device;
  const spec = specOf(state);
  const edited = edits && editedPlans(edits);
  const operators = new Map<AttentionForm, ClassedOperator[]>();
  const ofDrafts = new Map<AttentionForm, ClassedOperator[]>();
  const costed = (plan: Plan) =>
    costedOperators(plan, weights, floatDType, { rows, capacity: nTokens });
  const operatorsOf = (form: AttentionForm) =>
    remembered(operators, form, () => costed(edited?.(form) ?? plans.forward({ form })));
  const draftOperatorsOf = (form: AttentionForm) =>
    remembered(ofDrafts, form, () => costed(plans.drafts({ form, logits: "last" })));
  const chunks = stepsTaken(state, routing).map(
    (step): CostedChunk => ({
      ...step,
      isShared: step.isShared === true,
      operators: operatorsOf(step.form),
      drafting: step.drafting.map((drafted) => ({
        ...drafted,
        nTouchedExperts: drafted.nTouchedExperts ?? 0,
        operators: draftOperatorsOf(drafted.form),
      })),
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

/** The steps, each with the routes of the tokens that it rejected. */
export function stepsTaken({ steps, rejectedRoutes }: RunState, routing: RoutingRecord) {
  const nRoutes = routing.layers.length * routing.nExpertsPerToken;
  let end = 0;
  return steps.map((step) => {
    const start = end;
    end += step.nRejected * nRoutes;
    return { ...step, rejectedRoutes: rejectedRoutes.subarray(start, end) };
  });
}

export function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
