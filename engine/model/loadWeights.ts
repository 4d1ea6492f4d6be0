import type { Backend } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { AbortedError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import { ARCHITECTURES } from "./architectures/table.ts";
import { arrangeWeight } from "./arrangeWeight.ts";
import { canonicalNames, renamedCheckpoint } from "./canonicalNames.ts";
import { checkTensors } from "./checkTensors.ts";
import { ConfigReader } from "./configReader.ts";
import type { ModelWeights } from "./modelWeights.ts";
import { type Quantization, readQuantization } from "./quantized/quantization.ts";
import type { StoredTensor } from "./quantized/storedForm.ts";
import { tensorUses, type WeightNames } from "./weightNames.ts";

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
  model: ModelWeights,
  backend: Backend,
  { onProgress, signal }: LoadOptions = {},
): Promise<LoadedWeights> {
  const architecture = ARCHITECTURES.get(model.spec.architecture);
  if (architecture === undefined) throw new Error(`no architecture ${model.spec.architecture}`);
  const names = canonicalNames(stored, model.spec);
  const checkpoint = renamedCheckpoint(stored, names);
  const quantization = readQuantization(new ConfigReader(checkpoint.config));
  const uses = tensorUses(model, namesFor(architecture.names, quantization));
  const { tensors, ignored } = await checkTensors(
    checkpoint,
    uses,
    quantization,
    model.spec,
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
