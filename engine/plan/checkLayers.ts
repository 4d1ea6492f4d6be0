import { ConfigError } from "../base/errors.ts";
import type { LayerSpec, ModelSpec } from "../model/spec.ts";

/**
 * Refuses layers that no plan can be written for.
 * @throws ConfigError ERR_LAYER
 */
export function checkLayers(spec: ModelSpec): void {
  const { layers, nLayers, mtp } = spec;
  if (layers.length !== nLayers)
    throw refusal("layers", `nLayers (${nLayers}) of them`, layers.length, "Describe every layer.");
  layers.forEach((layer, i) => {
    checkLayer(`layers[${i}]`, layer, spec);
  });
  if (mtp !== null) checkLayer("mtp.layer", mtp.layer, spec);
}

function checkLayer(what: string, layer: LayerSpec, { ropes }: ModelSpec): void {
  const { attention, residual } = layer;
  if (residual.nStreams !== 1)
    throw refusal(
      `${what}.residual.nStreams`,
      "1",
      residual.nStreams,
      "No operator computes hyper-connections; use a model with a plain residual stream.",
    );
  const rope = layer.rope === null ? null : ropes[layer.rope];
  if (rope === undefined)
    throw refusal(
      `${what}.rope`,
      `null or the place of one of ${ropes.length} ropes`,
      layer.rope,
      "Correct the place.",
    );
  if (attention.kind === "mla") {
    if (rope?.dim === attention.dRope) return;
    throw refusal(
      `${what}.rope`,
      `a rotation of dRope (${attention.dRope}) dims`,
      rope === null ? null : `one of ${rope.dim}`,
      "No operator computes latent attention that turns other dims, or none.",
    );
  }
  if (rope !== null && rope.dim > attention.dHead)
    throw refusal(
      `${what}.rope`,
      `a rotation of at most dHead (${attention.dHead}) dims`,
      `one of ${rope.dim}`,
      "Correct the one or the other.",
    );
}

function refusal(what: string, wanted: string, got: unknown, fix: string): ConfigError {
  return new ConfigError("ERR_LAYER", `${what}: expected ${wanted}, got ${got}. ${fix}`);
}
