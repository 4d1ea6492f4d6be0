import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeSafetensorsHeader } from "../../engine/weights/encodeSafetensorsHeader.ts";
import { GGUF_TYPES } from "../../engine/weights/gguf/ggufTypes.ts";
import { ggufHeader, padded } from "./ggufHeader.ts";
import { elements, randomBlocks, randomFloats } from "./randomTensor.ts";
import { FORMATS, type FormatName, RandomBytes, type SyntheticFormat } from "./randomWeights.ts";
import { SHAPES, type SyntheticTensor } from "./shapes.ts";
import { written } from "./written.ts";

const GGML_TYPE = { q8_0: "Q8_0", q4_k: "Q4_K", q5_k: "Q5_K", q6_k: "Q6_K" } as const;

/**
 * Writes a checkpoint of random weights, piece by piece: bf16 as a folder of config.json and model.safetensors, the others
 * as model.gguf. The same shape and format give the same bytes.
 * @returns what `loadModel` takes
 */
export async function writeSynthetic(
  folder: string,
  shape: keyof typeof SHAPES,
  format: FormatName,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const { config, metadata, tensors } = SHAPES[shape];
  const random = new RandomBytes();
  if (format === "bf16") {
    if (Object.keys(config).length === 0)
      throw new Error(`${shape}: expected q8_0, q4_k, q5_k or q6_k, got bf16`);
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    const layouts = tensors.map(({ huggingFace, shape }) => ({
      ...{ name: huggingFace, dtype: "BF16" as const, shape },
    }));
    await written(join(folder, "model.safetensors"), async (file) => {
      await file.write(encodeSafetensorsHeader(layouts, { format: "pt" }));
      for (const tensor of tensors)
        for (const piece of randomBlocks(tensor, FORMATS.bf16, random)) await file.write(piece);
    });
    return folder;
  }
  const places = tensors.map((tensor) => ({
    name: tensor.gguf,
    shape: tensor.shape,
    type: tensor.isPlain ? GGUF_TYPES.F32.number : GGUF_TYPES[GGML_TYPE[format]].number,
    byteLength: bytesOf(tensor, FORMATS[format]),
  }));
  return written(join(folder, "model.gguf"), async (file) => {
    await file.write(ggufHeader(metadata, places));
    for (const tensor of tensors) {
      const size = bytesOf(tensor, FORMATS[format]);
      if (tensor.isPlain) await file.write(new Uint8Array(randomFloats(tensor, random).buffer));
      else
        for (const piece of randomBlocks(tensor, FORMATS[format], random)) await file.write(piece);
      await file.write(new Uint8Array(padded(size) - size));
    }
  });
}

function bytesOf(tensor: SyntheticTensor, { block, bytes }: SyntheticFormat): number {
  if (tensor.isPlain) return 4 * elements(tensor);
  const width = tensor.shape.at(-1) ?? 0;
  if (width % block !== 0)
    throw new Error(`${tensor.gguf}: expected rows of whole blocks of ${block}, got ${width}`);
  return (elements(tensor) / block) * bytes;
}
