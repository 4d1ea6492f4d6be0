import type { RankedRow } from "../backend/backend.ts";
import { expNonPositive } from "../tensor/expNonPositive.ts";
import type { Candidates, CutOffs, Row } from "./candidates.ts";

/**
 * Draws from the head of a row that a device ranked.
 * @param temperature above 0
 * @param uniform in [0, 1)
 * @param candidates to be used for it
 * @returns the place in the head; null where tokens beyond it could be drawn
 */
export function drawRanked(
  ranked: RankedRow,
  options: CutOffs & { readonly temperature: number },
  uniform: number,
  candidates: Candidates,
): number | null {
  const { logits } = ranked;
  const { temperature } = options;
  const max = logits[0] as number;
  const weights = Float64Array.from(logits, (logit) => expNonPositive((logit - max) / temperature));
  const headWeight = weights.reduce((a, b) => a + b, 0);
  const isWhole = logits.length === ranked.nVocab;
  const total = isWhole ? headWeight : ranked.totalAtTemperature;
  if (!isWhole && !isEnough(weights, headWeight / total, options, uniform)) return null;
  const row: Row = { logits, max, temperature, totalWeight: () => total };
  return candidates.draw(row, options, uniform);
}

/** Whether the cut-offs, or without any the draw itself, end within the head. @param share of the total that it has */
function isEnough(
  weights: Float64Array,
  share: number,
  { topK, topP, minP }: CutOffs,
  uniform: number,
): boolean {
  if (topK > 0) return topK <= weights.length;
  const lightest = weights.at(-1) as number;
  if (lightest === 0) return true;
  if (topP < 1) return share > topP;
  return minP > 0 ? lightest < minP : share > uniform;
}
