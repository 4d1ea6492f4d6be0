import type { ModelSpec } from "../model/spec.ts";
import type { ModelRecord } from "../trace/schema.ts";
import { countParameters } from "./parameters.ts";

/** The plain description of a model that pictures and files carry. */
export function modelRecord(name: string, hash: string, spec: ModelSpec): ModelRecord {
  const headsByLayer = spec.layers.map(({ attention }) => attention.nHeads);
  const moe = spec.layers.flatMap(({ feedForward }, layer) =>
    feedForward.kind === "moe" ? [{ layer, ...feedForward }] : [],
  );
  const { total, active, drafts } = countParameters(spec);
  return {
    name,
    architecture: spec.architecture,
    hash,
    nLayers: spec.nLayers,
    nHeads: Math.max(...headsByLayer),
    headsByLayer,
    dModel: spec.dModel,
    nVocab: spec.nVocab,
    contextLength: spec.contextLength,
    moeLayers: moe.map(({ layer }) => layer),
    nExperts: Math.max(0, ...moe.map(({ nExperts }) => nExperts)),
    nExpertsPerToken: Math.max(0, ...moe.map(({ nExpertsPerToken }) => nExpertsPerToken)),
    totalParameters: total,
    activeParameters: active,
    draftParameters: drafts,
  };
}
