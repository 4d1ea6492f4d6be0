import { Tensor } from "../tensor/tensor.ts";
import { coActivation, expertLoad, liftOf } from "../trace/routeCounts.ts";
import type { RoutingRecord } from "../trace/schema.ts";

/** A run whose routes are told: what `model.run` and `loadRun` give. */
export interface RoutedSource {
  routing(options: { readonly choices: true }): Promise<RoutingRecord>;
}

/** How a run's tokens went to experts: L layers that have some, E experts, T tokens. Empty of a model without. */
export interface RouteStatistics {
  readonly layers: readonly number[]; // (L)
  /** (L, E) tokens that each expert got. */
  readonly load: Tensor<Float32Array>;
  /** (L) the sum of squares of the experts' shares of the routes: 1/E where all have as many, 1 where one has them all. */
  readonly concentration: Tensor<Float64Array>;
  /** (L, E, E) tokens that went to both of two experts; on the diagonal to the one. */
  readonly coActivation: Tensor<Float32Array>;
  /**
   * (L, E, E) co-activation over what it would be if neither expert knew of the other: 1 by chance, NaN on the diagonal and where one
   * of them has no tokens.
   */
  readonly lift: Tensor<Float32Array>;
  /** (L, T) how undecided the router was. */
  readonly entropyBits: Tensor<Float32Array>;
  /** (L, T) the lowest chosen score less the highest that was not chosen: how near a choice was to another. */
  readonly margins: Tensor<Float32Array>;
}

/**
 * Load, concentration, co-activation, entropy and margins of a run's routes. Scores that were not kept come by one more execution.
 * @see O. Hirschman, "The Paternity of an Index", American Economic Review 54, 1964 (concentration); S. Brin and others, "Dynamic Itemset
 * Counting", SIGMOD 1997 (lift)
 * @throws RecordError ERR_NOT_RECORDED for a record without the routers' scores; BackendError ERR_DISPOSED
 */
export async function routeStatistics(run: RoutedSource): Promise<RouteStatistics> {
  const routing = await run.routing({ choices: true });
  const { layers, nTokens, nExperts, entropyBits, choices } = routing;
  if (choices === undefined) throw new Error("a run was asked for choices and gave none");
  const nLayers = layers.length;
  const [load, size] = [expertLoad(routing), nExperts * nExperts];
  const [together, lift] = [new Float32Array(nLayers * size), new Float32Array(nLayers * size)];
  const concentration = new Float64Array(nLayers);
  for (let row = 0; row < nLayers; row++) {
    const counts = coActivation(routing, row);
    together.set(counts, row * size);
    lift.set(liftOf(counts, nExperts, nTokens), row * size);
    concentration[row] = concentrationOf(load.subarray(row * nExperts, (row + 1) * nExperts));
  }
  const byToken = (data: Float32Array) => new Tensor(data, [nLayers, nTokens], ["L", "T"]);
  const byPair = (data: Float32Array) =>
    new Tensor(data, [nLayers, nExperts, nExperts], ["L", "E", "with"]);
  return {
    layers,
    load: new Tensor(load, [nLayers, nExperts], ["L", "E"]),
    concentration: new Tensor(concentration, [nLayers], ["L"]),
    ...{ coActivation: byPair(together), lift: byPair(lift) },
    ...{ entropyBits: byToken(entropyBits), margins: byToken(choices.margins) },
  };
}

function concentrationOf(load: Float32Array): number {
  const all = load.reduce((sum, tokens) => sum + tokens, 0);
  return load.reduce((sum, tokens) => sum + (tokens / all) ** 2, 0);
}
