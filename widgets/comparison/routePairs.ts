import type { RoutingRecord } from "../../engine/trace/schema.ts";
import { once } from "../render/once.ts";
import { comparedRoutes } from "../routing/comparedRoutes.ts";
import { alignedTo, type Compared, type ComparedRuns } from "./comparedRuns.ts";
import { pairOf } from "./pairs.ts";

/** Where tokens were sent in both runs; of runs whose models have other experts, or none, nothing. */
export function routePairs({ a, b, columns }: ComparedRuns): Compared {
  const [own, other] = [a.record.model, b.record.model];
  if (own.moeLayers.length + other.moeLayers.length === 0)
    return { pairs: [], missing: ["routes: the models have no routed experts"] };
  if (own.moeLayers.join() !== other.moeLayers.join() || own.nExperts !== other.nExperts)
    return {
      pairs: [],
      missing: [
        `routes: the models have other experts, ${own.nExperts} in ${own.moeLayers.length} layers of A and ${other.nExperts} in ${other.moeLayers.length} of B`,
      ],
    };
  const routes = { a: once(() => a.routing()), b: once(() => b.routing()) };
  const both = async () => [await routes.a(), await routes.b()] as const;
  const shared = { tab: "routes" as const, rows: own.moeLayers.map(String) };
  const ofTokens = {
    ...{ ...shared, provenance: "measured" as const },
    ...{ columns: "tokens" as const, nColumns: columns.length },
  };
  return {
    missing: [],
    pairs: [
      {
        info: {
          ...{ ...shared, key: "load", label: "expert load", provenance: "measured" },
          ...{ columns: "experts", nColumns: own.nExperts, isDifference: false },
          meaning: "share of a layer's choices that fell on the expert",
          unit: "",
        },
        read: async () => {
          const [x, y] = (await both()).map(loadOf);
          return pairOf(x as Float64Array, y as Float64Array);
        },
      },
      {
        info: {
          ...{ ...ofTokens, key: "routerEntropyByLayer", label: "router entropy" },
          meaning: "of the router's scores for the token in the layer",
          ...{ unit: "bits", isDifference: false },
        },
        read: async () => {
          const [x, y] = await both();
          return pairOf(
            alignedTo(columns, "own", x.entropyBits, x.nTokens),
            alignedTo(columns, "other", y.entropyBits, y.nTokens),
          );
        },
      },
      {
        info: {
          ...{ ...ofTokens, key: "changedExperts", label: "experts that differ" },
          meaning: "experts that A chose for the token and B did not",
          ...{ unit: "", isDifference: true },
        },
        read: async () => {
          const [x, y] = await both();
          return { a: null, b: null, difference: Float64Array.from(comparedRoutes(x, y, columns)) };
        },
      },
    ],
  };
}

/** (layers, experts) shares of a layer's choices; edits may send a token to fewer experts. */
function loadOf({ layers, nTokens, nExperts, nExpertsPerToken: k, indices }: RoutingRecord) {
  const load = new Float64Array(layers.length * nExperts);
  layers.forEach((_, row) => {
    const chosen = indices.subarray(row * nTokens * k, (row + 1) * nTokens * k);
    const known = chosen.filter((expert) => expert >= 0);
    for (const expert of known) {
      const at = row * nExperts + expert;
      load[at] = (load[at] as number) + 1 / known.length;
    }
  });
  return load;
}
