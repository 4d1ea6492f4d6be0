import type { RoutingRecord } from "../../engine/trace/schema.ts";

/** A text whose routes are known. */
export interface RoutedText {
  readonly label: string;
  readonly tokenTexts: readonly string[];
  readonly routing: RoutingRecord;
}

/** A token that an expert was sent, wherever it stands. */
export interface FavouriteToken {
  readonly text: string;
  /** Times the token went to the expert, of the times that it stands in the texts. */
  readonly nSent: number;
  readonly nSeen: number;
  /** Mean weight of the expert for those that were sent. */
  readonly meanWeight: number;
}

/** How much of a text an expert was sent. */
export interface ExpertDomain {
  readonly label: string;
  readonly nSent: number;
  readonly nTokens: number;
}

/** What one expert of one layer was sent. */
export interface ExpertProfile {
  /** Most often sent first, then by how much of all its places that is. */
  readonly tokens: readonly FavouriteToken[];
  /** Different tokens that it was sent, listed or not. */
  readonly nDifferent: number;
  /** In the order of the texts. */
  readonly domains: readonly ExpertDomain[];
}

/** Tokens that a profile lists. */
const MOST_TOKENS = 12;

/** The tokens and texts that an expert was sent. @param row place of the layer among the MoE layers */
export function expertProfile(
  texts: readonly RoutedText[],
  row: number,
  expert: number,
): ExpertProfile {
  const counts = new Map<string, { nSent: number; nSeen: number; weight: number }>();
  const domains = texts.map(({ label, tokenTexts, routing }): ExpertDomain => {
    const { nTokens, nExpertsPerToken: k, indices, weights } = routing;
    let sent = 0;
    for (let token = 0; token < nTokens; token++) {
      const text = tokenTexts[token] ?? "";
      const count = counts.get(text) ?? { nSent: 0, nSeen: 0, weight: 0 };
      counts.set(text, count);
      count.nSeen++;
      const from = (row * nTokens + token) * k;
      const slot = indices.subarray(from, from + k).indexOf(expert);
      if (slot < 0) continue;
      count.nSent++;
      count.weight += weights[from + slot] as number;
      sent++;
    }
    return { label, nSent: sent, nTokens };
  });
  const tokens = [...counts]
    .filter(([, { nSent }]) => nSent > 0)
    .map(([text, { nSent, nSeen, weight }]) => ({
      ...{ text, nSent, nSeen },
      meanWeight: weight / nSent,
    }))
    .sort((a, b) => b.nSent - a.nSent || a.nSeen - b.nSeen || (a.text < b.text ? -1 : 1));
  return { tokens: tokens.slice(0, MOST_TOKENS), nDifferent: tokens.length, domains };
}
