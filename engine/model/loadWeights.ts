import type { Backend, DeviceTensor, WeightBytes } from "../backend/backend.ts";
import { isPacked } from "../backend/packed.ts";
import { AbortedError, WeightsError } from "../errors.ts";
import type { ProgressListener } from "../progress.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import type { Architecture } from "./architectures/architecture.ts";
import { ARCHITECTURES } from "./architectures/table.ts";
import { arrangeWeight, movesRows } from "./arrangeWeight.ts";
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
  checkpoint: Checkpoint,
  plan: Plan,
  backend: Backend,
  { onProgress, signal }: LoadOptions = {},
): Promise<LoadedWeights> {
  const architecture = ARCHITECTURES.get(plan.spec.architecture);
  if (architecture === undefined) throw new Error(`no architecture ${plan.spec.architecture}`);
  const quantization = readQuantization(new ConfigReader(checkpoint.config));
  const uses = tensorUses(plan, namesIn(checkpoint, architecture, quantization));
  const { stored, ignored } = checkTensors(checkpoint, uses, quantization, plan.spec, architecture);
  const weights = new Map<string, DeviceTensor>();
  const widened = new Map<string, string>();
  try {
    let done = 0;
    for (const [name, tensor] of inFileOrder(checkpoint, stored)) {
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
  return { weights, ignored, widened };
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

/** The architecture's names as this checkpoint spells them. */
function namesIn(
  checkpoint: Checkpoint,
  { names, optionalPrefix }: Architecture,
  quantization: Quantization,
): WeightNames {
  const prefix = optionalPrefix ?? "";
  const has = [...checkpoint.tensors.keys()].some((name) => name.startsWith(prefix));
  const skipped = has ? 0 : prefix.length;
  return new Map(
    [...names].map(([name, { template, view, mxfp4View }]) => {
      const packed = quantization.kind === "mxfp4" && mxfp4View !== undefined;
      const given = packed ? mxfp4View : view;
      return [name, { template: template.slice(skipped), ...(given && { view: given }) }];
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
): { stored: Map<string, StoredTensor>; ignored: string[] } {
  const stored = new Map<string, StoredTensor>();
  for (const name of uses.keys()) {
    const tensor = storedTensor(checkpoint, name, quantization);
    if (tensor !== null) stored.set(name, tensor);
  }
  const missing = [...uses.keys()].filter((name) => !stored.has(name));
  if (missing.length > 0)
    throw new WeightsError(
      "ERR_TENSOR_MISSING",
      `${checkpoint.name}: expected ${uses.size} tensors, got a checkpoint without ${listed(missing)}. Download the model again, or check that config.json belongs to it.`,
    );
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
      const dtype = isPacked(entry.dtype) && !movesRows(entry.shape, view) ? "f32" : entry.dtype;
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
  return { stored, ignored: rest };
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
