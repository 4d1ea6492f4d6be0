import type { Backend, DeviceTensor, WeightBytes } from "../backend/backend.ts";
import { isPacked } from "../backend/packed.ts";
import { AbortedError, WeightsError } from "../errors.ts";
import type { ProgressListener } from "../progress.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import type { Architecture } from "./architectures/architecture.ts";
import { ARCHITECTURES } from "./architectures/table.ts";
import { arrangeWeight, movesRows } from "./arrangeWeight.ts";
import { canonicalNames, renamedCheckpoint } from "./canonicalNames.ts";
import { ConfigReader } from "./configReader.ts";
import type { Plan } from "./plan.ts";
import { type Quantization, readQuantization } from "./quantization.ts";
import type { ModelSpec } from "./spec.ts";
import { type StoredTensor, storedTensor } from "./storedTensor.ts";
import { type TensorUse, tensorUses, type WeightNames } from "./weightNames.ts";

export interface LoadedWeights {
  readonly weights: ReadonlyMap<string, DeviceTensor>;
  /** Tensors of the checkpoint that this model does not use: multi-token-prediction layers, a tied head's copy. */
  readonly ignored: readonly string[];
  /** Packed tensors that are kept as f32, with the dtype that the checkpoint has them in. */
  readonly widened: ReadonlyMap<string, string>;
}

interface LoadOptions {
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Streams a checkpoint into device weights, tensor by tensor in file order, after checking every name, shape and dtype.
 * @throws WeightsError ERR_TENSOR_MISSING, ERR_TENSOR_SHAPE, ERR_TENSOR_DTYPE, ERR_TENSOR_UNEXPECTED
 */
export async function loadWeights(
  stored: Checkpoint,
  plan: Plan,
  backend: Backend,
  { onProgress, signal }: LoadOptions = {},
): Promise<LoadedWeights> {
  const architecture = ARCHITECTURES.get(plan.spec.architecture);
  if (architecture === undefined) throw new Error(`no architecture ${plan.spec.architecture}`);
  const names = canonicalNames(stored, plan.spec);
  const checkpoint = renamedCheckpoint(stored, names);
  const quantization = readQuantization(new ConfigReader(checkpoint.config));
  const uses = tensorUses(plan, namesFor(architecture.names, quantization));
  const { tensors, ignored } = checkTensors(
    checkpoint,
    uses,
    quantization,
    plan.spec,
    architecture,
  );
  const weights = new Map<string, DeviceTensor>();
  const widened = new Map<string, string>();
  try {
    let done = 0;
    for (const [name, tensor] of inFileOrder(checkpoint, tensors)) {
      const use = uses.get(name);
      if (use === undefined) continue;
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      const bytes = await tensor.read();
      for (const fill of use.fills) {
        const { weight } = fill;
        const arranged = arrangeWeight(bytes, tensor.shape, fill);
        const target =
          weights.get(weight.name) ??
          backend.allocWeight(weight.shape, arranged.dtype, weight.name);
        weights.set(weight.name, target);
        backend.writeWeight(target, fill.offset, arranged);
        if (arranged.dtype === "f32" && tensor.storedAs !== "F32")
          widened.set(weight.name, tensor.storedAs);
      }
      done++;
      onProgress?.({ stage: "weights", done, total: uses.size, label: name });
    }
    await backend.flush();
  } catch (error) {
    for (const tensor of weights.values()) backend.free(tensor);
    throw error;
  }
  return { weights, ignored: ignored.map((name) => names.get(name) ?? name), widened };
}

/** By the place of each tensor's first entry. */
function inFileOrder(
  checkpoint: Checkpoint,
  stored: ReadonlyMap<string, StoredTensor>,
): [string, StoredTensor][] {
  const places = new Map([...checkpoint.tensors.keys()].map((name, i) => [name, i]));
  const placeOf = ({ parts: [first = ""] }: StoredTensor) => places.get(first) ?? 0;
  return [...stored].sort(([, a], [, b]) => placeOf(a) - placeOf(b));
}

/** The architecture's names with the views that hold for tensors stored in this way. */
function namesFor(names: WeightNames, { kind }: Quantization): WeightNames {
  if (kind !== "mxfp4") return names;
  return new Map(
    [...names].map(([name, source]) => {
      const { template, mxfp4View } = source;
      if (mxfp4View === undefined) return [name, source];
      return [name, { template, ...(mxfp4View && { view: mxfp4View }) }];
    }),
  );
}

/** Returns where every tensor that is used lies, and the names that are left over. */
function checkTensors(
  checkpoint: Checkpoint,
  uses: ReadonlyMap<string, TensorUse>,
  quantization: Quantization,
  spec: ModelSpec,
  architecture: Architecture,
): { tensors: Map<string, StoredTensor>; ignored: string[] } {
  const stored = new Map<string, StoredTensor>();
  for (const name of uses.keys()) {
    const tensor = storedTensor(checkpoint, name, quantization);
    if (tensor !== null) stored.set(name, tensor);
  }
  const missing = [...uses.keys()].filter((name) => !stored.has(name));
  if (missing.length > 0) throw missingTensors(checkpoint, uses.size, missing);
  const stackDTypes = new Map<string, WeightBytes["dtype"]>();
  for (const { tensor, shape, fills } of uses.values()) {
    const entry = stored.get(tensor);
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
  const used = new Set([...stored.values()].flatMap(({ parts }) => parts));
  const rest = [...checkpoint.tensors.keys()].filter((name) => !used.has(name));
  const drafting = draftLayers(checkpoint, spec);
  const unexpected = rest.filter(
    (name) => !isIgnorable(name, spec, drafting) && !architecture.ignorable?.test(name),
  );
  if (unexpected.length > 0)
    throw new WeightsError(
      "ERR_TENSOR_UNEXPECTED",
      `${checkpoint.name}: expected only the tensors of a ${spec.architecture} model, got also ${listed(unexpected)}. Leaving them out would change the model's output; check config.json.`,
    );
  return { tensors: stored, ignored: rest };
}

/** The files are whole, since their headers were read: what is missing was never in them, or has another name. */
function missingTensors(
  { name, tensors }: Checkpoint,
  expected: number,
  missing: readonly string[],
): WeightsError {
  const [first] = missing;
  if (missing.length === 1 && first === "lm_head.weight")
    return new WeightsError(
      "ERR_TENSOR_MISSING",
      `${name}: expected lm_head.weight, since config.json does not tie word embeddings, got a base model without a head. Use the checkpoint of the whole model; only if its head is its embedding, set tie_word_embeddings to true.`,
    );
  const packed = [...tensors.keys()].find((tensor) => tensor.endsWith(".qweight"));
  const advice =
    packed === undefined
      ? `It has ${listed([...tensors.keys()])}. Use the config.json that belongs to these weights.`
      : `It has ${packed}: weights of GPTQ or AWQ, of which config.json says nothing. Put what quantize_config.json or quant_config.json holds, with its quant_method, into config.json as quantization_config.`;
  return new WeightsError(
    "ERR_TENSOR_MISSING",
    `${name}: expected ${expected} tensors, got a checkpoint without ${listed(missing)}. ${advice}`,
  );
}

/** Layers behind the last that draft tokens (multi-token prediction): the projection of two streams into one tells them. */
function draftLayers(checkpoint: Checkpoint, spec: ModelSpec): ReadonlySet<number> {
  const layers = [...checkpoint.tensors.keys()].flatMap((name) => {
    const layer = Number(/^model\.layers\.(\d+)\.eh_proj\.weight$/.exec(name)?.[1]);
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

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
