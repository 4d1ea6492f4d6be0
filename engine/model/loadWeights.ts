import type { Backend, DeviceTensor, WeightBytes } from "../backend/backend.ts";
import { AbortedError, WeightsError } from "../errors.ts";
import type { ProgressListener } from "../progress.ts";
import type { Checkpoint, TensorEntry } from "../weights/checkpoint.ts";
import type { Architecture } from "./architectures/architecture.ts";
import { ARCHITECTURES } from "./architectures/table.ts";
import { gatherView } from "./gatherView.ts";
import type { Plan } from "./plan.ts";
import type { ModelSpec } from "./spec.ts";
import { type TensorUse, tensorUses, type WeightFill, type WeightNames } from "./weightNames.ts";

export interface LoadedWeights {
  readonly weights: ReadonlyMap<string, DeviceTensor>;
  /** Tensors of the checkpoint that this model does not use: multi-token-prediction layers, a tied head's copy. */
  readonly ignored: readonly string[];
}

interface LoadOptions {
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DTYPES: { readonly [dtype: string]: WeightBytes["dtype"] } = {
  F32: "f32",
  BF16: "bf16",
  F16: "f16",
};

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
  const uses = tensorUses(plan, namesIn(checkpoint, architecture));
  const ignored = checkTensors(checkpoint, uses, plan.spec, architecture);
  const weights = new Map<string, DeviceTensor>();
  try {
    let done = 0;
    for (const [name, entry] of checkpoint.tensors) {
      const use = uses.get(name);
      if (use === undefined) continue;
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      const dtype = weightDType(name, entry);
      const data = await checkpoint.readTensor(name);
      for (const fill of use.fills) {
        const { weight } = fill;
        let tensor = weights.get(weight.name);
        if (tensor === undefined) {
          tensor = backend.allocWeight(weight.shape, dtype, weight.name);
          weights.set(weight.name, tensor);
        }
        backend.writeWeight(tensor, fill.offset, {
          dtype,
          data: arrange(data, fill, dtype),
        });
      }
      done++;
      onProgress?.({ stage: "weights", done, total: uses.size, label: name });
    }
    await backend.flush();
  } catch (error) {
    for (const tensor of weights.values()) backend.free(tensor);
    throw error;
  }
  return { weights, ignored };
}

/** The architecture's names as this checkpoint spells them. */
function namesIn(checkpoint: Checkpoint, { names, optionalPrefix }: Architecture): WeightNames {
  const prefix = optionalPrefix ?? "";
  const has = [...checkpoint.tensors.keys()].some((name) => name.startsWith(prefix));
  if (has) return names;
  return new Map(
    [...names].map(([name, source]) => [
      name,
      { ...source, template: source.template.slice(prefix.length) },
    ]),
  );
}

/** Returns the names that are left over. */
function checkTensors(
  checkpoint: Checkpoint,
  uses: ReadonlyMap<string, TensorUse>,
  spec: ModelSpec,
  architecture: Architecture,
): string[] {
  const missing = [...uses.keys()].filter((name) => !checkpoint.tensors.has(name));
  if (missing.length > 0)
    throw new WeightsError(
      "ERR_TENSOR_MISSING",
      `${checkpoint.name}: expected ${uses.size} tensors, got a checkpoint without ${listed(missing)}. Download the model again, or check that config.json belongs to it.`,
    );
  const stackDTypes = new Map<string, WeightBytes["dtype"]>();
  for (const { tensor, shape, fills } of uses.values()) {
    const entry = checkpoint.tensors.get(tensor);
    if (entry === undefined) continue;
    if (entry.shape.join() !== shape.join())
      throw new WeightsError(
        "ERR_TENSOR_SHAPE",
        `${tensor}: expected shape (${shape.join(", ")}), got (${entry.shape.join(", ")}) in ${entry.file}. Use the config.json that belongs to these weights.`,
      );
    const dtype = weightDType(tensor, entry);
    for (const { weight } of fills) {
      const first = stackDTypes.get(weight.name) ?? dtype;
      stackDTypes.set(weight.name, first);
      if (first !== dtype)
        throw new WeightsError(
          "ERR_TENSOR_DTYPE",
          `${tensor}: expected dtype ${first} as in the layer's other experts, got ${dtype}. Convert the checkpoint to one dtype.`,
        );
    }
  }
  const rest = [...checkpoint.tensors.keys()].filter((name) => !uses.has(name));
  const unexpected = rest.filter(
    (name) => !isIgnorable(name, spec) && !architecture.ignorable?.test(name),
  );
  if (unexpected.length > 0)
    throw new WeightsError(
      "ERR_TENSOR_UNEXPECTED",
      `${checkpoint.name}: expected only the tensors of a ${spec.architecture} model, got also ${listed(unexpected)}. Leaving them out would change the model's output; check config.json.`,
    );
  return rest;
}

/** Multi-token-prediction layers follow the last block; old checkpoints store derived rotary tables. */
function isIgnorable(name: string, spec: ModelSpec): boolean {
  const layer = /^model\.layers\.(\d+)\./.exec(name)?.[1];
  if (layer !== undefined && Number(layer) >= spec.nLayers) return true;
  return name.endsWith("rotary_emb.inv_freq") || (spec.tiedEmbeddings && name === "lm_head.weight");
}

function weightDType(name: string, entry: TensorEntry): WeightBytes["dtype"] {
  const dtype = DTYPES[entry.dtype];
  if (dtype === undefined)
    throw new WeightsError(
      "ERR_TENSOR_DTYPE",
      `${name}: expected dtype F32, BF16 or F16, got ${entry.dtype} in ${entry.file}. Convert the checkpoint to BF16.`,
    );
  return dtype;
}

function arrange(
  data: Uint8Array<ArrayBuffer>,
  { view, weight }: WeightFill,
  dtype: WeightBytes["dtype"],
): Uint8Array {
  if (view === null) return data;
  const size = weight.shape.reduce((a, b) => a * b, 1);
  const moved =
    dtype === "f32"
      ? gatherView(new Uint32Array(data.buffer), new Uint32Array(size), weight.shape, view)
      : gatherView(new Uint16Array(data.buffer), new Uint16Array(size), weight.shape, view);
  return new Uint8Array(moved.buffer);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
