import type { RoutingRecord } from "../../engine/trace/schema.ts";
import { nDifferent } from "../routing/comparedRoutes.ts";

/** Experts of the reference that a token is not sent to any more: (layers, T). */
export function routeChanges(routing: RoutingRecord, reference: RoutingRecord): Uint8Array {
  const { layers, nTokens, nExpertsPerToken: k, indices } = reference;
  return Uint8Array.from({ length: layers.length * nTokens }, (_, cell) => {
    const [from, to] = [cell * k, (cell + 1) * k];
    return nDifferent(indices.subarray(from, to), routing.indices.subarray(from, to));
  });
}
