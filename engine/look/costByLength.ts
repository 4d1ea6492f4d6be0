import type { DeviceDType } from "../backend/deviceTensor.ts";
import { costedOperators } from "../cost/costedOperators.ts";
import type { TensorShape } from "../cost/operatorCost.ts";
import { stepCost } from "../cost/stepCost.ts";
import type { ModelSpec } from "../model/spec.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import { compilePlan } from "../plan/compilePlan.ts";
import type { LengthCost, LengthCostRecord } from "../trace/schema.ts";
import { withoutIndexer } from "../whatif/whatIfLengths.ts";

const MOST = 131_072;
const N_LENGTHS = 8;

/** What a decoded token takes behind more and more others, of the plan without edits, and of the same without its indexer. */
export function costByLength(
  spec: ModelSpec,
  weights: ReadonlyMap<string, TensorShape>,
  floatDType: DeviceDType,
): LengthCostRecord {
  const dense = withoutIndexer(spec);
  const contexts = lengthsUpTo(Math.min(MOST, spec.contextLength));
  const of = (each: ModelSpec): LengthCost[] => costsOf(each, weights, floatDType, contexts);
  return { label: "computed", lengths: of(spec), denseLengths: dense && of(dense) };
}

/** Up to eight lengths, each half of the next. */
function lengthsUpTo(most: number): number[] {
  const lengths = Array.from({ length: N_LENGTHS }, (_, i) =>
    Math.floor(most / 2 ** (N_LENGTHS - 1 - i)),
  );
  return lengths.filter((length, i) => length > (lengths[i - 1] ?? 0));
}

function costsOf(
  spec: ModelSpec,
  weights: ReadonlyMap<string, TensorShape>,
  floatDType: DeviceDType,
  contexts: readonly number[],
): LengthCost[] {
  const plan = compilePlan(spec, { form: attentionForm(spec, 1) });
  const sizes = { rows: 1, capacity: 1 }; // costs are of rows, however many there are
  const operators = costedOperators(plan, weights, floatDType, sizes);
  const moe = spec.layers.flatMap(({ feedForward }) =>
    feedForward.kind === "moe" ? [feedForward] : [],
  );
  return contexts.map((context) => {
    const { table } = stepCost({
      ...{ operators, start: context - 1, nTokens: 1, nSequences: 1 },
      nTouchedExperts: (layer) => moe[layer]?.nExpertsPerToken ?? 0,
    });
    const { flops, weightBytes, kvReadBytes } = table.totals(0);
    const attentionFlops =
      table.amount(0, "attentionScores", "flops") + table.amount(0, "indexer", "flops");
    return { context, flops, attentionFlops, weightBytes, kvReadBytes };
  });
}
