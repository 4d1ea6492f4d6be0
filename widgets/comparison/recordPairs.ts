import type { CompareRecord } from "../../engine/trace/schema.ts";
import { visibleToken } from "../render/visibleToken.ts";
import type { AlignedColumn } from "../routing/comparedRoutes.ts";
import { alignedTo, type ComparedRuns, type PairSource } from "./comparedRuns.ts";
import type { ComparisonState } from "./data.ts";

/**
 * What `compare(a, b)` says of each position: its numbers are of both runs together. They stand at A's tokens, whose positions are B's.
 * @throws TypeError for a record of other runs
 */
export function recordPairs(runs: ComparedRuns, record: CompareRecord): PairSource[] {
  checkRecord(runs, record);
  const { columns } = runs;
  const nTokens = record.kl.length;
  const shared = {
    ...{ tab: "tokens" as const, provenance: record.label, rows: ["tokens"] },
    ...{ columns: "tokens" as const, nColumns: columns.length, isDifference: true },
  };
  const source = (
    said: {
      readonly key: string;
      readonly label: string;
      readonly meaning: string;
      readonly unit: string;
    },
    values: ArrayLike<number>,
  ): PairSource => ({
    info: { ...shared, ...said },
    read: async () => ({
      ...{ a: null, b: null },
      difference: alignedTo(columns, "own", values, nTokens),
    }),
  });
  return [
    source(
      {
        ...{ key: "kl", label: "KL divergence", unit: "nats" },
        meaning: "of B's next token behind the token from A's",
      },
      record.kl,
    ),
    source(
      {
        ...{ key: "logitDifference", label: "logit difference", unit: "" },
        meaning: "B's logit of the token that follows less A's; behind the last, of A's likeliest",
      },
      record.logitDifference,
    ),
  ];
}

/** @throws TypeError */
function checkRecord({ a, b }: ComparedRuns, { kl, targets }: CompareRecord): void {
  const [own, other] = [a.record.tokens, b.record.tokens];
  const isOfA = targets.every((id, t) => id === (own[t + 1]?.id ?? -1));
  if (kl.length === own.length && kl.length === other.length && isOfA) return;
  throw new TypeError(
    `comparison record: expected what compare(a, b) says of these two runs, got one of ${kl.length} tokens beside runs of ${own.length} and ${other.length}. Write comparison(a, b, { record: await compare(a, b) }).`,
  );
}

/** (C) likeliest next tokens, visible; empty for tokens that A lacks. */
export function topsOf(
  { a, b, columns }: ComparedRuns,
  { topA, topB }: CompareRecord,
): ComparisonState["tops"] {
  const textsOf = (ids: Int32Array, run: ComparedRuns["a"]): string[] =>
    columns.map(({ own }: AlignedColumn) =>
      own < 0 ? "" : visibleToken(run.model.tokenText(ids[own] as number)),
    );
  return { a: textsOf(topA, a), b: textsOf(topB, b) };
}

/** What the record says of the runs as a whole. */
export function recordSummary({ topA, topB, parting, changedRoutes }: CompareRecord): string[] {
  const nMoved = topA.reduce((sum, id, t) => sum + (id === topB[t] ? 0 : 1), 0);
  return [
    parting === null
      ? "no site parts"
      : `first part at ${parting.site}, position ${parting.position}, by up to ${Number(parting.difference.toPrecision(4))}`,
    `likeliest next token differs at ${nMoved} of ${topA.length} positions`,
    ...(changedRoutes === null || changedRoutes.length === 0
      ? []
      : [
          `other experts for ${changedRoutes.length} of the tokens' choices, ${new Set(changedRoutes.map(({ layer }) => layer)).size} layers`,
        ]),
  ];
}
