import { InputError } from "../../engine/base/errors.ts";
import { openGguf } from "../../engine/weights/gguf/openGguf.node.ts";
import { hashModel } from "../../engine/weights/hashModel.node.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { resolveModel } from "../../engine/weights/resolveModel.node.ts";
import type { SaidModel } from "../../widgets/offline/modelSentence.ts";

/**
 * sha256 over every byte of the models' weights, by checkpoint. Each name is held against the checkpoint that the notebook's
 * pictures are of.
 * @throws InputError ERR_INPUT where none of the pictures is of that checkpoint; as `hashModel`
 */
export async function hashWeights(
  names: readonly string[],
  models: readonly SaidModel[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for (const name of names) {
    const checkpoint = await checkpointOf(name, signal);
    if (!models.some((model) => model.checkpoint === checkpoint))
      throw new InputError(
        "ERR_INPUT",
        `export --hash-weights: expected a model that the notebook's pictures are of (${models.map((model) => `${model.name}, checkpoint ${model.checkpoint}`).join("; ") || "none is named there"}), got ${name} with the checkpoint ${checkpoint}. Name the one that ran.`,
      );
    hashes.set(checkpoint, await hashModel(name, { signal }));
  }
  return hashes;
}

async function checkpointOf(model: string, signal: AbortSignal): Promise<string> {
  const { name, location } = await resolveModel(model, { signal });
  const open = location.endsWith(".gguf") ? openGguf : openCheckpoint;
  const checkpoint = await open(location, name);
  await checkpoint.close();
  return checkpoint.hash;
}
