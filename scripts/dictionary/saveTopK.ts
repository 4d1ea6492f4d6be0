import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Tensor, writeSafetensors } from "../../engine/index.node.ts";
import type { TopKTrainer } from "./topKTrainer.ts";

export interface SavedDictionary {
  readonly folder: string;
  readonly site: string;
  readonly modelName: string;
  readonly k: number;
  /** Rows were multiplied by it in training. */
  readonly scale: number;
}

/** Writes a trained dictionary as SAELens does, for rows as the site has them. */
export async function saveTopK(
  { encoder, encoderBias, decoder, decoderBias }: TopKTrainer,
  { folder, site, modelName, k, scale }: SavedDictionary,
): Promise<void> {
  const [width, nFeatures] = [decoderBias.length, encoderBias.length];
  const across = new Float32Array(encoder.length);
  for (let f = 0; f < nFeatures; f++)
    for (let i = 0; i < width; i++)
      across[i * nFeatures + f] = (encoder[f * width + i] as number) * scale;
  await mkdir(folder, { recursive: true });
  const by = (data: Float32Array) => data.map((x) => x / scale);
  await writeSafetensors(join(folder, "sae_weights.safetensors"), {
    W_enc: new Tensor(across, [width, nFeatures]),
    b_enc: new Tensor(encoderBias, [nFeatures]),
    W_dec: new Tensor(by(decoder), [nFeatures, width]),
    b_dec: new Tensor(by(decoderBias), [width]),
  });
  const config = {
    ...{ architecture: "topk", k, d_in: width, d_sae: nFeatures, dtype: "float32", device: "cpu" },
    ...{ apply_b_dec_to_input: true, rescale_acts_by_decoder_norm: false },
    ...{ normalize_activations: "none", reshape_activations: "none" },
    metadata: { sae_lens_version: "6.21.0", model_name: modelName, hook_name: site },
  };
  await writeFile(join(folder, "cfg.json"), `${JSON.stringify(config, null, 2)}\n`);
}
