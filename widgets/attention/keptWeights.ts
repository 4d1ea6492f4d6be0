import type { Question } from "../offline/packed.ts";
import { levelOf, tilesOf, tileTokens, windowOf } from "./levels.ts";

/** Most rows and columns of weights that are kept, of all heads together. */
const MOST_LINES = 2048;
/** Most pairs of query and key that the whole maps of heads are made of: about a second of one processor. */
const MOST_PAIRS = 2 ** 28;

/** What the page asks first of a run of this size. */
export interface KeptOf {
  readonly nTokens: number;
  readonly headsByLayer: readonly number[];
  /** Whether the state has the thumbnails of all heads. */
  readonly fits: boolean;
  /** Runs that metrics can be averaged over. */
  readonly nRuns: number;
}

/**
 * What all heads look like, the metrics that sort them, and the whole map of each head; then, where its cells are blocks of tokens, what
 * single tokens attend to and from where they are attended to, the last tokens first. Means of several heads and samples are left out.
 * Of long texts the maps of fewer heads are kept, of very long ones none: a kernel has better things to do after a cell.
 */
export function keptWeights({ nTokens, headsByLayer, fits, nRuns }: KeptOf): readonly Question[] {
  const layers = headsByLayer.map((_, layer) => layer);
  const heads = headsByLayer
    .flatMap((nHeads, layer) =>
      Array.from({ length: nHeads }, (_, head) => ({ layer, head, over: "head" })),
    )
    .slice(0, Math.floor(MOST_PAIRS / nTokens ** 2));
  const viewport = { queryStart: 0, keyStart: 0, span: nTokens };
  const level = levelOf(viewport, nTokens, 1, 0);
  const places = tilesOf(windowOf(viewport, level, nTokens), level);
  const nLast = Math.ceil(MOST_LINES / 2 / Math.max(1, heads.length));
  const tokens = level.pool === 1 ? [] : lastOf(nTokens, nLast);
  const lines = tokens.flatMap((token) =>
    heads.flatMap((head) => [
      {
        ...{ kind: "tile", ...head, queryStart: token, queryCount: 1 },
        ...{ keyStart: 0, keyCount: token + 1, pool: 1 },
      },
      {
        ...{ kind: "tile", ...head, queryStart: 0, queryCount: nTokens },
        ...{ keyStart: token, keyCount: 1, pool: 1 },
      },
    ]),
  );
  return [
    ...(fits ? [] : layers.map((layer) => ({ kind: "thumbnails", layer, poolKind: "max" }))),
    ...layers.map((layer) => ({ kind: "metrics", layer })),
    ...(nRuns > 1 ? layers.map((layer) => ({ kind: "metrics", layer, of: "runs" })) : []),
    ...heads.flatMap((head) =>
      places.map((place) => ({
        ...{ kind: "tile", ...head, ...tileTokens(place, level, nTokens) },
        poolKind: "max",
      })),
    ),
    ...lines.slice(0, MOST_LINES),
  ];
}

/** The last `n` of so many tokens, the very last first: it is lit where no other is. */
const lastOf = (nTokens: number, n: number): number[] =>
  Array.from({ length: Math.min(n, nTokens) }, (_, i) => nTokens - 1 - i);
