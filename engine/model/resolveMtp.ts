import type { Checkpoint } from "../weights/checkpoint.ts";
import type { ModelSpec } from "./spec.ts";

/** Bytes of two tensors that are compared at once. */
const PIECE_BYTES = 8 << 20;

/**
 * The spec with the draft module as the checkpoint has it. Configs name the module also where its weights were left out:
 * then there is none. Published checkpoints repeat the model's embedding and head in the module: what is equal bit for bit
 * is shared, what differs is the module's own.
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

/** Is there such a tensor, and is it another than the model's? */
async function differs(checkpoint: Checkpoint, own: string, shared: string): Promise<boolean> {
  const [a, b] = [checkpoint.tensors.get(own), checkpoint.tensors.get(shared)];
  if (a === undefined) return false;
  if (a.dtype !== b?.dtype || a.byteLength !== b.byteLength) return true;
  for (let start = 0; start < a.byteLength; start += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, a.byteLength - start);
    const pieces = [own, shared].map((name) => checkpoint.readRange(name, start, length));
    const [x, y] = await Promise.all(pieces);
    if (x?.some((byte, i) => byte !== y?.[i])) return true;
  }
  return false;
}
