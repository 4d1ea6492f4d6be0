import { MAX_STREAMS } from "../backend/checks/checkStreams.ts";
import { ConfigError } from "../base/errors.ts";
import type { LayerSpec, ModelSpec, ResidualSpec } from "../model/spec.ts";

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
    checkResidual(`layers[${i}].residual`, layer.residual, layers[i - 1]?.residual ?? null);
  });
  if (mtp === null) return;
  checkLayer("mtp.layer", mtp.layer, spec);
  if (mtp.layer.residual.kind !== "plain")
    throw refusal(
      "mtp.layer.residual.kind",
      "plain",
      mtp.layer.residual.kind,
      "The draft module joins the final norm with an embedding to one stream; no operator joins several.",
    );
}

/**
 * What a layer's streams may be behind those of the layer before: one becomes n as the embedding does, all the same; nothing says how
 * n become another number, or one where no head reads them.
 */
function checkResidual(what: string, residual: ResidualSpec, before: ResidualSpec | null): void {
  if (residual.kind === "plain") {
    if (before === null || before.kind === "plain") return;
    throw refusal(
      `${what}.kind`,
      `${before.kind}, as the layer before has`,
      residual.kind,
      "Only the head reads several streams as one; let all layers behind have them, too.",
    );
  }
  const { nStreams, sinkhornSteps, eps } = residual;
  const isNumber = Number.isInteger(nStreams) && nStreams >= 1 && nStreams <= MAX_STREAMS;
  if (!isNumber)
    throw refusal(
      `${what}.nStreams`,
      `a whole number from 1 to ${MAX_STREAMS}`,
      nStreams,
      "Operators keep the mixing matrix of a token in fast memory.",
    );
  if (!Number.isInteger(sinkhornSteps) || sinkhornSteps < 1)
    throw refusal(
      `${what}.sinkhornSteps`,
      "a whole number from 1",
      sinkhornSteps,
      "Correct the number.",
    );
  if (!(eps >= 0 && Number.isFinite(eps)))
    throw refusal(`${what}.eps`, "a finite number from 0", eps, "Correct the number.");
  if (before?.kind === "hyperConnections" && before.nStreams !== nStreams)
    throw refusal(
      `${what}.nStreams`,
      `${before.nStreams}, as the layer before has`,
      nStreams,
      "Nothing says how streams become more or fewer.",
    );
}

function checkLayer(what: string, layer: LayerSpec, { ropes }: ModelSpec): void {
  const { attention } = layer;
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
