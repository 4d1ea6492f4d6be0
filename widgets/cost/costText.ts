import type { CostRecord, PriceTable, RunRecord, TokenCost } from "../../engine/trace/schema.ts";
import { byteCount, flopCount, milliseconds, percent, siNumber } from "../render/formatNumber.ts";
import { runName } from "../render/runSource.ts";
import { moneyLines } from "./bills.ts";
import { CLASS_NAMES, type CostTotals, packCosts, phaseTotals } from "./data.ts";

/** A phase's tokens, and how many of a prompt's were computed for another run of the batch. */
export function tokensText(cost: CostTotals, phase: TokenCost["phase"], nTokens: number): string {
  const { sharedPrefixTokens: nShared } = cost;
  return phase === "prefill" && nShared > 0
    ? `${nTokens} tokens, ${nShared} from a shared prefix`
    : `${nTokens} tokens`;
}

/** Parameters at work, in words. */
export function parametersText(cost: CostTotals): string {
  const { activeParameters, totalParameters, draftParameters } = cost;
  const drafts = draftParameters > 0 ? `, ${siNumber(draftParameters)} more to draft tokens` : "";
  return `${siNumber(activeParameters)} active of ${siNumber(totalParameters)}${drafts}`;
}

/** A few lines for a page that shows text alone. */
export function costText(
  record: RunRecord,
  cost: CostRecord,
  prices: readonly PriceTable[],
  nGenerated: number,
): string {
  const costs = packCosts(cost.tokens);
  const tokensOf = (phase: TokenCost["phase"]): number[] =>
    cost.tokens.flatMap((token, t) => (token.phase === phase ? [t] : []));
  const line = (phase: TokenCost["phase"]): string => {
    const sum = phaseTotals(costs, tokensOf(phase));
    if (sum.nTokens === 0) return `${phase}: no tokens`;
    const time = sum.durationMs === null ? "" : `, ${milliseconds(sum.durationMs)} (measured)`;
    return `${phase}: ${tokensText(cost, phase, sum.nTokens)}, ${flopCount(sum.flops)}, ${byteCount(sum.weightBytes)} of weights, ${byteCount(sum.kvBytes)} of KV cache traffic (derived)${time}`;
  };
  return [
    `Cost of ${runName(record)} on ${record.backend.name}`,
    line("prefill"),
    line("decode"),
    `KV cache: ${byteCount(cost.kvCacheBytes)}, ${byteCount(cost.kvBytesPerToken)} a token; with a key and value for every head it would be ${byteCount(cost.kvBytesPerTokenMha)} a token (derived)`,
    `parameters: ${parametersText(cost)}`,
    `most of it: ${classesText(cost)}`,
    ...moneyLines(record, cost, prices, nGenerated),
  ].join("\n");
}

/** Where most of a run's FLOPs and weight bytes go, largest first. */
function classesText({ classes }: Pick<CostRecord, "classes">): string {
  const shares = (quantity: "flops" | "weightBytes"): string => {
    const all = classes.reduce((sum, one) => sum + one[quantity], 0);
    return [...classes]
      .sort((a, b) => b[quantity] - a[quantity])
      .slice(0, 4)
      .filter((one) => one[quantity] > 0)
      .map((one) => `${CLASS_NAMES[one.costClass]} ${percent(one[quantity] / all)}`)
      .join(", ");
  };
  return `FLOPs: ${shares("flops")}; weights: ${shares("weightBytes")} (derived)`;
}
