import type { ModelSpec } from "./spec.ts";

/** What to do about a prompt that is longer than the context: the lines of config.json that would make room for it. */
export function extendContext(spec: ModelSpec, nNeeded: number): string {
  const { contextLength, dtype } = spec;
  if (spec.ropes.length === 0)
    return "Shorten the prompt: the model has learned no further positions.";
  if (dtype === "gguf")
    return "Shorten the prompt, or use the safetensors checkpoint, whose config.json can ask for YaRN.";
  const factor = Math.ceil(nNeeded / contextLength);
  const rope = spec.ropes.find(({ scaling }) => scaling !== "default");
  if (rope === undefined)
    return `Shorten the prompt, or, if the model is known to work with YaRN, put "rope_scaling": {"rope_type": "yarn", "factor": ${factor}, "original_max_position_embeddings": ${contextLength}} into config.json.`;
  if (rope.scaling === "yarn" || rope.scaling === "dynamic")
    return `Shorten the prompt, or raise the factor of the ${rope.scaling} scaling in config.json ${factor} times.`;
  return `Shorten the prompt, or raise max_position_embeddings in config.json, if the ${rope.scaling} scaling there is made for ${nNeeded} positions.`;
}
