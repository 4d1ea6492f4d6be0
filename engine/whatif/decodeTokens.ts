import { CostTable } from "../cost/costTable.ts";
import type { StepCost } from "../cost/stepCost.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { PaperModel } from "./paperModel.ts";
import type { WorkTotal } from "./workTotal.ts";

interface Decoded {
  /** Positions that the first token sees, its own included. */
  readonly first: number;
  /** Tokens of each sequence. */
  readonly count: number;
  readonly batch: number;
}

/**
 * Adds the steps of all tokens. Between the lengths at which a window or a selection is full, all that a step takes grows
 * evenly: the mean of both ends, so many times, is the sum.
 */
export function decodeTokens(
  paper: PaperModel,
  { first, count, batch }: Decoded,
  total: WorkTotal,
): void {
  const last = first + count - 1;
  const ends = [...fullAt(paper.spec)].filter((at) => at >= first && at < last);
  let from = first;
  for (const to of [...ends.sort((a, b) => a - b), last]) {
    if (to < from) continue;
    total.add(meanOf(paper.decode(from, batch), paper.decode(to, batch)), to - from + 1);
    from = to + 1;
  }
}

/** Lengths from which on an attention sees no more keys. */
function fullAt({ layers }: ModelSpec): Set<number> {
  const lengths = layers.flatMap(({ attention }) => {
    const most = attention.kind === "gqa" ? attention.window : attention.indexer?.topK;
    return most === null || most === undefined ? [] : [most];
  });
  return new Set(lengths);
}

function meanOf(a: StepCost, b: StepCost): StepCost {
  const table = new CostTable(1);
  table.addScaled(a.table, 1 / 2);
  table.addScaled(b.table, 1 / 2);
  const mean = (name: keyof StepCost["flops"]) => (a.flops[name] + b.flops[name]) / 2;
  return {
    table,
    flops: { f32: mean("f32"), bf16: mean("bf16"), fp8: mean("fp8"), packed: mean("packed") },
  };
}
