import type { Checkpoint } from "../weights/checkpoint.ts";
import { ARCHITECTURES } from "./architectures/table.ts";
import { differs } from "./differs.ts";
import type { ModelSpec } from "./spec.ts";

const HEAD = "lm_head.weight";

/**
 * The spec with the head as the checkpoint has it. Where the config ties word embeddings and yet a head is stored that
 * differs from the embedding, the stored head counts, as in transformers 5 and llama.cpp; one that is equal is shared.
 * @param checkpoint under the architecture's names
 */
export async function resolveHead(spec: ModelSpec, checkpoint: Checkpoint): Promise<ModelSpec> {
  if (!spec.tiedEmbeddings) return spec;
  const parts = [...checkpoint.tensors.keys()].filter((name) => name.startsWith("lm_head."));
  if (parts.length === 0) return spec;
  const embedding = ARCHITECTURES.get(spec.architecture)?.names.get("embed")?.template ?? "";
  const isPlain = parts.every((name) => name === HEAD); // else it is quantised, and the embedding is not
  const tiedEmbeddings = isPlain && !(await differs(checkpoint, HEAD, embedding));
  return { ...spec, tiedEmbeddings };
}
