import type { WeightBytes } from "../backend/backend.ts";
import { isPacked } from "../backend/packed.ts";
import { WeightsError } from "../base/errors.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import type { Architecture } from "./architectures/architecture.ts";
import type { Quantization } from "./quantized/quantization.ts";
import type { StoredTensor } from "./quantized/storedForm.ts";
import { movesRows } from "./rowMoves.ts";
import type { ModelSpec } from "./spec.ts";
import { storedTensor } from "./storedTensor.ts";
import type { TensorUse } from "./weightNames.ts";

/**
 * Where every tensor that is used lies, and the names that are left over.
 * @throws WeightsError ERR_TENSOR_MISSING, ERR_TENSOR_SHAPE, ERR_TENSOR_DTYPE, ERR_TENSOR_UNEXPECTED
 */
export async function checkTensors(
  checkpoint: Checkpoint,
  uses: ReadonlyMap<string, TensorUse>,
  quantization: Quantization,
  spec: ModelSpec,
  architecture: Architecture,
): Promise<{ tensors: Map<string, StoredTensor>; ignored: string[] }> {
  const tensors = new Map<string, StoredTensor>();
  for (const name of uses.keys()) {
    const tensor = storedTensor(checkpoint, name, quantization);
    if (tensor !== null) tensors.set(name, tensor);
  }
  const missing = [...uses.keys()].filter((name) => !tensors.has(name));
  if (missing.length > 0)
    throw missingTensors(checkpoint, quantization, { expected: uses.size, missing });
  checkShapes(uses, tensors);
  const used = new Set([...tensors.values()].flatMap(({ parts }) => parts));
  const ignored = [...checkpoint.tensors.keys()].filter((name) => !used.has(name));
  const drafting = draftLayers(checkpoint, spec);
  const unexpected: string[] = [];
  for (const name of ignored)
    if (
      !isIgnorable(name, spec, drafting) &&
      !architecture.ignorable?.test(name) &&
      !isActivationScale(name, quantization) &&
      !(await isEmptyPart(checkpoint, name))
    )
      unexpected.push(name);
  if (unexpected.length > 0)
    throw new WeightsError(
      "ERR_TENSOR_UNEXPECTED",
      `${checkpoint.name}: expected only the tensors of a ${spec.architecture} model, got also ${listed(unexpected)}. Leaving them out would change the model's output; check config.json.`,
    );
  return { tensors, ignored };
}

function checkShapes(
  uses: ReadonlyMap<string, TensorUse>,
  tensors: ReadonlyMap<string, StoredTensor>,
): void {
  const stackDTypes = new Map<string, WeightBytes["dtype"]>();
  for (const { tensor, shape, fills } of uses.values()) {
    const entry = tensors.get(tensor);
    if (entry === undefined) continue;
    if (entry.shape.join() !== shape.join())
      throw new WeightsError(
        "ERR_TENSOR_SHAPE",
        `${tensor}: expected shape (${shape.join(", ")}), got (${entry.shape.join(", ")}) in ${entry.file}. Use the config.json that belongs to these weights.`,
      );
    for (const { weight, view } of fills) {
      const stays = movesRows(entry.shape, view, weight.shape);
      const dtype = isPacked(entry.dtype) && !stays ? "f32" : entry.dtype;
      const first = stackDTypes.get(weight.name) ?? dtype;
      stackDTypes.set(weight.name, first);
      if (first !== dtype)
        throw new WeightsError(
          "ERR_TENSOR_DTYPE",
          `${tensor}: expected dtype ${first} as in the layer's other experts, got ${dtype}. Convert the checkpoint to one dtype.`,
        );
    }
  }
}

/** The files are whole, since their headers were read: what is missing was never in them, or has another name. */
function missingTensors(
  { name, tensors }: Checkpoint,
  { kind }: Quantization,
  { expected, missing }: { readonly expected: number; readonly missing: readonly string[] },
): WeightsError {
  const [first] = missing;
  if (missing.length === 1 && first === "lm_head.weight")
    return new WeightsError(
      "ERR_TENSOR_MISSING",
      `${name}: expected lm_head.weight, since config.json does not tie word embeddings, got a base model without a head. Use the checkpoint of the whole model; only if its head is its embedding, set tie_word_embeddings to true.`,
    );
  const names = [...tensors.keys()];
  const packed = kind === "none" && names.find((tensor) => tensor.endsWith(".qweight"));
  const advice = packed
    ? `It has ${packed}: weights of GPTQ or AWQ, of which config.json says nothing. Put what quantize_config.json or quant_config.json holds, with its quant_method, into config.json as quantization_config.`
    : `It has ${listed(names)}. Use the config.json that belongs to these weights.`;
  return new WeightsError(
    "ERR_TENSOR_MISSING",
    `${name}: expected ${expected} tensors, got a checkpoint without ${listed(missing)}. ${advice}`,
  );
}

/** Layers behind the last that draft tokens (multi-token prediction): the projection of two streams into one tells them. */
function draftLayers(checkpoint: Checkpoint, spec: ModelSpec): ReadonlySet<number> {
  const layers = [...checkpoint.tensors.keys()].flatMap((name) => {
    const layer = Number(/^model\.layers\.(\d+)\.eh_proj\.\w*weight(_packed)?$/.exec(name)?.[1]);
    return layer >= spec.nLayers ? layer : [];
  });
  return new Set(layers);
}

/** Modules that draft may be left unused; old checkpoints store derived rotary tables. */
function isIgnorable(name: string, spec: ModelSpec, drafting: ReadonlySet<number>): boolean {
  const layer = /^model\.layers\.(\d+)\./.exec(name)?.[1];
  if (layer !== undefined && drafting.has(Number(layer))) return true;
  return name.endsWith("rotary_emb.inv_freq") || (spec.tiedEmbeddings && name === "lm_head.weight");
}

const ACTIVATION_SCALES =
  /\.((input|output|activation|[qkv]|prob)_(scale|zero_point|global_scale)|input_scale_ub)$/;

/** What activations or the cache would be rounded with, which stay float32 here. */
function isActivationScale(name: string, { kind }: Quantization): boolean {
  return (kind === "fp8" || kind === "compressed-tensors") && ACTIVATION_SCALES.test(name);
}

/** Old checkpoints store zeros that say nothing: biases of layers that have none (GPTQ), zero points of FP8. */
async function isEmptyPart(checkpoint: Checkpoint, name: string): Promise<boolean> {
  const [, base, part] = /^(.*\.)(bias|weight_zero_point)$/.exec(name) ?? [];
  const beside = (other: string) => checkpoint.tensors.get(`${base}${other}`);
  const saysNothing =
    part === "bias" ? beside("qweight") !== undefined : beside("weight")?.dtype === "F8_E4M3";
  if (base === undefined || !saysNothing) return false;
  return (await checkpoint.readTensor(name)).every((byte) => byte === 0);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
