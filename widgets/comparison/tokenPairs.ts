import type { Provenance } from "../../engine/trace/schema.ts";
import {
  ASKED,
  type AskedKey,
  GIVEN,
  GIVEN_PROVENANCE,
  isAsked,
  labelOf,
  MEASURES,
  type MeasureKey,
} from "../tokens/measures.ts";
import { alignedTo, type Compared, type ComparedRun, type ComparedRuns } from "./comparedRuns.ts";
import { pairOf } from "./pairs.ts";

const KEYS: readonly MeasureKey[] = [...GIVEN.slice(0, 2), ...ASKED, ...GIVEN.slice(2)];

/** Of numbers that are worked out: of logits or scores that a run did not keep they are recomputed. */
function provenanceOf(key: AskedKey, runs: readonly ComparedRun[]): Provenance {
  if (key === "routerEntropy") return "measured";
  const hasLogits = runs.every(
    ({ logitRows, record }) => logitRows.length >= record.tokens.length - 1,
  );
  return key !== "routerMargin" && hasLogits ? "measured" : "recomputed";
}

/** Every number of tokens that both runs have. */
export function tokenPairs({ a, b, measures, columns }: ComparedRuns): Compared {
  const missingOf = (key: MeasureKey): string | undefined =>
    measures.a.missing[key] ?? measures.b.missing[key];
  const valuesOf = async (which: "a" | "b", run: ComparedRun, key: MeasureKey) => {
    const nTokens = run.record.tokens.length;
    const source = measures[which];
    if (isAsked(key)) return (await source.columnOf(key)).values;
    const row = GIVEN.indexOf(key);
    return source.given.subarray(row * nTokens, (row + 1) * nTokens);
  };
  const pairs = KEYS.filter((key) => missingOf(key) === undefined).map((key) => ({
    info: {
      ...{ key, tab: "tokens" as const, label: labelOf(key) },
      ...{ meaning: MEASURES[key].meaning, unit: MEASURES[key].unit },
      provenance: isAsked(key) ? provenanceOf(key, [a, b]) : GIVEN_PROVENANCE[key],
      ...{ rows: ["tokens"], columns: "tokens" as const, nColumns: columns.length },
      isDifference: false,
    },
    read: async () => {
      const [own, other] = [await valuesOf("a", a, key), await valuesOf("b", b, key)];
      return pairOf(
        alignedTo(columns, "own", own, a.record.tokens.length),
        alignedTo(columns, "other", other, b.record.tokens.length),
      );
    },
  }));
  const missing = KEYS.flatMap((key) => {
    const reason = missingOf(key);
    return reason === undefined ? [] : [`${labelOf(key)}: ${reason}`];
  });
  return { pairs, missing };
}
