import type { Question } from "../offline/packed.ts";
import type { PairInfo } from "./data.ts";

/** All numbers, then the map of each head: of long texts, or many heads, as far as there is room. */
export function keptPairs(
  pairs: readonly PairInfo[],
  headsByLayer: readonly number[],
): readonly Question[] {
  const maps = headsByLayer.flatMap((nHeads, layer) =>
    Array.from({ length: nHeads }, (_, head) => ({ kind: "map", layer, head })),
  );
  return [...pairs.map(({ key }) => ({ kind: "pair", of: key })), ...maps];
}
