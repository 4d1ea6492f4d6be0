import type { Question } from "../offline/packed.ts";
import type { CacheLayer } from "./data.ts";
import { wholeViewport, windowOf } from "./looking.ts";
import { tileQuestion } from "./matrixStore.ts";

/** Each matrix as a whole, which the picture draws first: of all layers first parts and heads, then of the others. */
export function keptTiles(layers: readonly CacheLayer[], nTokens: number): readonly Question[] {
  const places = layers.flatMap(({ parts }, layer) =>
    parts.flatMap(({ part, nHeads, nColumns }, order) =>
      Array.from({ length: Math.max(1, nHeads) }, (_, head) => ({
        place: { layer, part, head },
        window: windowOf(wholeViewport(nTokens, nColumns)),
        rank: order + head,
      })),
    ),
  );
  return places
    .sort((a, b) => a.rank - b.rank)
    .map(({ place, window }) => tileQuestion(place, window, "farthest"));
}
