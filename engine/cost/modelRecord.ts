import type { ModelSpec, MoeSpec } from "../model/spec.ts";
import type { ModelRecord } from "../trace/schema.ts";
import { countParameters } from "./parameters.ts";

/** The plain description of a model that pictures and files carry. */
export function modelRecord(name: string, hash: string, spec: ModelSpec): ModelRecord {
  const moe = spec.layers.find((layer): layer is MoeSpec => layer.kind === "moe");
  const { total, active, drafts } = countParameters(spec);
  return {
    name,
    architecture: spec.architecture,
    hash,
    nLayers: spec.nLayers,
    nHeads: spec.attention.nHeads,
    dModel: spec.dModel,
    nVocab: spec.nVocab,
    contextLength: spec.contextLength,
    moeLayers: spec.layers.flatMap((layer, i) => (layer.kind === "moe" ? [i] : [])),
    nExperts: moe?.nExperts ?? 0,
    nExpertsPerToken: moe?.nExpertsPerToken ?? 0,
    totalParameters: total,
    activeParameters: active,
    draftParameters: drafts,
  };
}
