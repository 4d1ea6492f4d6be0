import type { CostClass, CostRecord } from "../../engine/trace/schema.ts";
import { classParts } from "../cost/classGroups.ts";
import { CLASS_NAMES } from "../cost/data.ts";
import type { AlignedColumn } from "../routing/comparedRoutes.ts";
import { alignedTo, type Compared, type ComparedRuns } from "./comparedRuns.ts";
import { pairOf } from "./pairs.ts";

/** Numbers of a class of a token in `CostRecord.byClass`. */
const FIELDS = 4;

const QUANTITIES = [
  {
    key: "classFlops",
    label: "FLOPs",
    unit: "FLOP",
    fields: [0],
    meaning: "what each part of the model took for the token",
  },
  {
    key: "classWeights",
    label: "weights read",
    unit: "B",
    fields: [1],
    meaning: "bytes of weights; a step's are shared out over its tokens",
  },
  {
    key: "classCache",
    label: "KV cache",
    unit: "B",
    fields: [2, 3],
    meaning: "bytes of the cache read and written",
  },
] as const;

/** What each part of the models took for each token, and all of them together in the last row. */
export function costPairs({ a, b, measures, columns }: ComparedRuns): Compared {
  const refusal = measures.a.missing.flops ?? measures.b.missing.flops;
  if (refusal !== undefined) return { pairs: [], missing: [`cost: ${refusal}`] };
  const costs = { a: a.cost(), b: b.cost() };
  const found = [...costs.a.classes, ...costs.b.classes];
  const classes = classParts(found).map(({ costClass }) => costClass);
  return {
    missing: [],
    pairs: QUANTITIES.map(({ fields, ...quantity }) => ({
      info: {
        ...{ ...quantity, tab: "cost" as const, provenance: "derived" as const },
        rows: [...classes.map((one) => CLASS_NAMES[one]), "all parts"],
        ...{ columns: "tokens" as const, nColumns: columns.length, isDifference: false },
      },
      read: async () =>
        pairOf(
          quantityOf(costs.a, classes, fields, columns, "own"),
          quantityOf(costs.b, classes, fields, columns, "other"),
        ),
    })),
  };
}

/** (classes + 1, columns); a part that a model lacks takes 0. */
function quantityOf(
  { classes: known, byClass, tokens }: CostRecord,
  classes: readonly CostClass[],
  fields: readonly number[],
  columns: readonly AlignedColumn[],
  which: "own" | "other",
): Float64Array {
  const nTokens = tokens.length;
  const values = new Float64Array((classes.length + 1) * nTokens);
  classes.forEach((costClass, row) => {
    const at = known.findIndex((one) => one.costClass === costClass);
    if (at < 0) return;
    for (let t = 0; t < nTokens; t++) {
      const first = (t * known.length + at) * FIELDS;
      const value = fields.reduce((sum, field) => sum + (byClass[first + field] as number), 0);
      values[row * nTokens + t] = value;
      const all = classes.length * nTokens + t;
      values[all] = (values[all] as number) + value;
    }
  });
  return alignedTo(columns, which, values, nTokens);
}
