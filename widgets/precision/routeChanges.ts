import type { RoutingRecord } from "../../engine/trace/schema.ts";

/** Experts of the reference that a token is not sent to any more: (layers, T). */
export function routeChanges(routing: RoutingRecord, reference: RoutingRecord): Uint8Array {
  const { layers, nTokens, nExpertsPerToken: k, indices } = reference;
  return Uint8Array.from({ length: layers.length * nTokens }, (_, cell) => {
    const own = routing.indices.subarray(cell * k, (cell + 1) * k);
    let changed = 0;
    for (const expert of indices.subarray(cell * k, (cell + 1) * k))
      if (expert >= 0 && !own.includes(expert)) changed += 1;
    return changed;
  });
}
