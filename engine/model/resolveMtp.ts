import type { Checkpoint } from "../weights/checkpoint.ts";
import { differs } from "./differs.ts";
import type { ModelSpec } from "./spec.ts";

/**
 * The spec with the draft module as the checkpoint has it. Configs name the module also where its weights were left out:
 * then there is none. Published checkpoints repeat the model's embedding and head in the module: what is equal bit for bit
 * is shared, what differs is the module's own.
 * @param checkpoint under the architecture's names
 */
export async function resolveMtp(spec: ModelSpec, checkpoint: Checkpoint): Promise<ModelSpec> {
  const prefix = `model.layers.${spec.nLayers}.`;
  const present = [...checkpoint.tensors.keys()].some((name) => name.startsWith(prefix));
  if (spec.mtp === null || !present) return { ...spec, mtp: null };
  const embedding = "model.embed_tokens.weight";
  const head = spec.tiedEmbeddings ? embedding : "lm_head.weight";
  const ownEmbedding = await differs(checkpoint, `${prefix}embed_tokens.weight`, embedding);
  const ownHead = await differs(checkpoint, `${prefix}shared_head.head.weight`, head);
  return { ...spec, mtp: { ...spec.mtp, ownEmbedding, ownHead } };
}
