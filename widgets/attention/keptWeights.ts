import type { Question } from "../offline/packed.ts";
import { levelOf, tilesOf, tileTokens, windowOf } from "./levels.ts";

/** Most rows of weights that are kept, of all heads together. */
const MOST_ROWS = 2048;
/** Most pairs of query and key that the whole maps of heads are made of: about a second of one processor. */
const MOST_PAIRS = 2 ** 28;

/** What the page asks first of a run of this size. */
export interface KeptOf {
  readonly nTokens: number;
  readonly headsByLayer: readonly number[];
  /** Whether the state has the thumbnails of all heads. */
  readonly fits: boolean;
}

/**
 * What all heads look like, the metrics that sort them, the whole map of each head, and then what single tokens attend to. Of long
 * texts fewer maps are kept, of very long ones none: a kernel has better things to do after a cell.
 */
export function keptWeights({ nTokens, headsByLayer, fits }: KeptOf): readonly Question[] {
  const layers = headsByLayer.map((_, layer) => layer);
  const heads = headsByLayer
    .flatMap((nHeads, layer) =>
      Array.from({ length: nHeads }, (_, head) => ({ layer, head, over: "head" })),
    )
    .slice(0, Math.floor(MOST_PAIRS / nTokens ** 2));
  const viewport = { queryStart: 0, keyStart: 0, span: nTokens };
  const level = levelOf(viewport, nTokens, 1, 0);
  const places = tilesOf(windowOf(viewport, level, nTokens), level);
  const nRows = Math.min(MOST_ROWS, heads.length * nTokens);
  const rows = Array.from({ length: nRows }, (_, row) => {
    const query = row % nTokens;
    return {
      ...{ kind: "tile", ...heads[Math.floor(row / nTokens)], queryStart: query, queryCount: 1 },
      ...{ keyStart: 0, keyCount: query + 1, pool: 1 },
    };
  });
  return [
    ...(fits ? [] : layers.map((layer) => ({ kind: "thumbnails", layer, poolKind: "max" }))),
    ...layers.map((layer) => ({ kind: "metrics", layer })),
    ...heads.flatMap((head) =>
      places.map((place) => ({
        ...{ kind: "tile", ...head, ...tileTokens(place, level, nTokens) },
        poolKind: "max",
      })),
    ),
    ...rows,
  ];
}
