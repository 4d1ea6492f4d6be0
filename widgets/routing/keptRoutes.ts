import type { Question } from "../offline/packed.ts";
import { blockTokens } from "./data.ts";

/** Most tokens whose scores and choices are kept, and most experts whose favourites are. */
const MOST_TOKENS = 1024;
const MOST_EXPERTS = 512;
/** Cells of the strip of margins, as the page asks for them. */
const MARGIN_CELLS = 1024;

/** What the page asks of a picture of this size. */
export interface KeptOf {
  /** Tokens of each text, the run's own first. */
  readonly sourceTokens: readonly number[];
  /** Which of the texts paths are compared with; -1 for none. */
  readonly compared: number;
  /** Columns of the two texts beside each other that the page draws as one. */
  readonly comparePool: number;
  readonly nRows: number;
  readonly nExperts: number;
  /** Experts of a token. */
  readonly k: number;
}

/**
 * The routes of all tokens, what is drawn of all at once, then what stands behind the choices of the first tokens, then experts one by
 * one. What the state has is left out: the first block, and the run's own load.
 */
export function keptRoutes(of: KeptOf): readonly Question[] {
  const { sourceTokens, compared, nRows, nExperts, k } = of;
  const [nTokens = 0, ...others] = sourceTokens;
  const nCompared = sourceTokens[compared] ?? 0;
  const rows = range(nRows);
  const block = blockTokens(nRows, k);
  return [
    ...range(Math.ceil(nTokens / block) - 1).map((i) => ({
      kind: "block",
      start: (i + 1) * block,
    })),
    { kind: "margins", start: 0, count: nTokens, pool: Math.ceil(nTokens / MARGIN_CELLS) },
    { kind: "bias" },
    ...others.map((_, i) => ({ kind: "load", source: i + 1 })),
    ...(compared < 0 ? [] : [{ kind: "different", pool: of.comparePool }]),
    ...range(Math.min(nTokens, MOST_TOKENS)).flatMap((token) => [
      { kind: "choice", token },
      { kind: "scores", token },
    ]),
    ...range(Math.min(nCompared, MOST_TOKENS)).map((token) => ({
      kind: "route",
      source: compared,
      token,
    })),
    ...rows.map((row) => ({ kind: "together", source: 0, row })),
    ...rows
      .flatMap((row) => range(nExperts).map((expert) => ({ kind: "expert", row, expert })))
      .slice(0, MOST_EXPERTS),
  ];
}

const range = (n: number): number[] => Array.from({ length: Math.max(0, n) }, (_, i) => i);
