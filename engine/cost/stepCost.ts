import type { DeviceDType, Step } from "../backend/deviceTensor.ts";
import { isPacked } from "../backend/packed.ts";
import type { CostQuantity } from "../trace/schema.ts";
import type { ClassedOperator } from "./costedOperators.ts";
import { CostTable } from "./costTable.ts";
import { type CostedOperator, type OperatorCost, operatorCost } from "./operatorCost.ts";

/** What devices multiply at different rates; packed: by weights of eight bits or less, but those of FP8. */
export type Arithmetic = "f32" | "bf16" | "fp8" | "packed";

/** What a step takes, all its tokens and sequences together. */
export interface StepCost {
  /** One row: of every class. */
  readonly table: CostTable;
  /** The same FLOPs by what is multiplied. */
  readonly flops: Readonly<Record<Arithmetic, number>>;
}

/** A step of several sequences that all stand at the same position and share nothing but the weights. */
export interface CostedStep extends Pick<Step, "start" | "nTokens"> {
  readonly operators: readonly ClassedOperator[];
  readonly nSequences: number;
  /** Distinct experts that all tokens of the step are sent to, in the n-th MoE layer. */
  readonly nTouchedExperts: (moeLayer: number) => number;
}

/**
 * What `chunkCost` says of a step, summed over its tokens without looking at each: of one sequence the two are equal.
 * The weights are read once for all sequences, rows of tables and of caches for each.
 */
export function stepCost(step: CostedStep): StepCost {
  const { nSequences, start, nTokens, nTouchedExperts } = step;
  const table = new CostTable(1);
  const flops: Record<Arithmetic, number> = { f32: 0, bf16: 0, fp8: 0, packed: 0 };
  let moeLayer = -1;
  for (const { operator, costClass } of step.operators) {
    if (operator.kind === "expertsUp") moeLayer++;
    const isExperts = operator.kind === "expertsUp" || operator.kind === "expertsDown";
    const touched = isExperts ? nTouchedExperts(moeLayer) : 0;
    const cost = operatorCost(operator, { start, nTokens }, touched);
    const together = operatorCost(operator, { start, nTokens: nSequences * nTokens }, touched);
    const add = (quantity: CostQuantity, amount: number) => {
      if (amount !== 0) table.addEach(costClass, quantity, () => amount);
    };
    const taken = nSequences * flopsOf(cost, start, nTokens);
    add("flops", taken);
    add("weightBytes", together.weightBytes);
    add("kvReadBytes", nSequences * cost.kvReadBytes);
    add("kvWriteBytes", nSequences * cost.kvWriteBytes);
    flops[arithmeticOf(operator)] += taken;
  }
  return { table, flops };
}

function flopsOf(cost: OperatorCost, start: number, nTokens: number): number {
  const { flopsPerToken, flopsPerPair, flopsLastToken, flopsPerStep, window } = cost;
  const pairs = flopsPerPair === 0 ? 0 : visiblePairs(start, nTokens, window);
  return flopsPerToken * nTokens + flopsPerPair * pairs + flopsLastToken + flopsPerStep;
}

/** Sum over tokens t of min(start + t + 1, window). */
function visiblePairs(start: number, nTokens: number, window: number | null): number {
  const most = window ?? Number.POSITIVE_INFINITY;
  const growing = Math.max(0, Math.min(nTokens, most - start));
  const sum = growing * start + (growing * (growing + 1)) / 2;
  return growing < nTokens ? sum + (nTokens - growing) * most : sum;
}

/** By its weights; what has none, as its activations are. */
function arithmeticOf(op: CostedOperator): Arithmetic {
  if (op.kind === "indexScores") return ofDType(op.k.dtype);
  if ("weight" in op) return ofDType(op.weight.dtype);
  if ("gate" in op && op.kind === "expertsUp") return ofDType(op.gate.dtype);
  if ("down" in op) return ofDType(op.down.dtype);
  if ("keyWeight" in op) return ofDType(op.keyWeight.dtype);
  if ("valueWeight" in op) return ofDType(op.valueWeight.dtype);
  if ("outputWeight" in op) return ofDType(op.outputWeight.dtype);
  return ofDType("q" in op ? op.q.dtype : "bf16");
}

function ofDType(dtype: DeviceDType): Arithmetic {
  if (dtype === "f8e4m3") return "fp8";
  if (isPacked(dtype)) return "packed";
  return dtype === "f32" || dtype === "f64" ? "f32" : "bf16";
}
