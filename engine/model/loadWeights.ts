import type { Backend, WeightBytes } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { AbortedError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import { ChunkRoom } from "../weights/chunkRoom.ts";
import { ARCHITECTURES } from "./architectures/table.ts";
import { canonicalNames, renamedCheckpoint } from "./canonicalNames.ts";
import { checkTensors } from "./checkTensors.ts";
import { readChunks, type TensorToRead } from "./chunkReader.ts";
import { ConfigReader } from "./configReader.ts";
import { ElementMoves } from "./elementMoves.ts";
import { isExpertStack, type ModelWeight, type ModelWeights } from "./modelWeights.ts";
import { type Quantization, readQuantization } from "./quantized/quantization.ts";
import { rowCount, type StoredTensor } from "./quantized/storedForm.ts";
import { movesRows, RowMoves } from "./rowMoves.ts";
import {
  type TensorUse,
  type TensorView,
  tensorUses,
  type WeightFill,
  type WeightNames,
} from "./weightNames.ts";

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
  /** How much is read at once. */
  readonly chunkBytes?: number;
}

const CHUNK_BYTES = 4 << 20;

/**
 * Streams a checkpoint into device weights, in chunks and in file order, after checking every name, shape and dtype.
 * @throws WeightsError ERR_TENSOR_MISSING, ERR_TENSOR_SHAPE, ERR_TENSOR_DTYPE, ERR_TENSOR_UNEXPECTED
 */
export async function loadWeights(
  stored: Checkpoint,
  model: ModelWeights,
  backend: Backend,
  { onProgress, signal, chunkBytes = CHUNK_BYTES }: LoadOptions = {},
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
  const write = ({ weight }: WeightFill, offset: number, bytes: WeightBytes, storedAs: string) => {
    backend.writeWeight(weights.get(weight.name) as DeviceTensor, offset, bytes);
    if (bytes.dtype === "f32" && storedAs !== "F32") widened.set(weight.name, storedAs);
  };
  const toRead = inFileOrder(checkpoint, tensors).flatMap(([name, tensor]) => {
    const use = uses.get(name);
    return use === undefined ? [] : [loadingOf(name, tensor, use)];
  });
  const dtypes = dtypesOfWeights(toRead);
  const room = new ChunkRoom();
  try {
    // All before any is read: a model that does not fit is refused at once.
    for (const weight of model.weights.values()) {
      const dtype = dtypes.get(weight.name);
      if (dtype !== undefined) weights.set(weight.name, allocate(backend, weight, dtype));
    }
    const chunks = readChunks(toRead, chunkBytes, room);
    let done = 0;
    for await (const { use, tensor, firstRow, nRows, isLast, blocks, unpack } of chunks) {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      const areTaken = use.fills.every(({ fill, moves }) => {
        const [weight, at] = [weights.get(fill.weight.name), moves.placeOf(firstRow)];
        if (blocks === null || weight === undefined || at === null) return false;
        return backend.writeBlocks?.(weight, at, blocks.dtype, blocks.data) ?? false;
      });
      if (!areTaken) {
        const bytes = unpack();
        for (const { fill, moves } of use.fills)
          moves.move(bytes, firstRow, nRows, room, (offset, moved) =>
            write(fill, offset, moved, tensor.storedAs),
          );
      }
      if (!isLast) continue;
      done++;
      onProgress?.({ stage: "weights", done, total: uses.size, label: use.name });
    }
    await backend.flush();
  } catch (error) {
    for (const tensor of weights.values()) backend.free(tensor);
    throw error;
  }
  return { weights, ignored: ignored.map((name) => names.get(name) ?? name), widened };
}

/** Experts lie where the backend wants them. */
function allocate(
  backend: Backend,
  weight: ModelWeight,
  dtype: WeightBytes["dtype"],
): DeviceTensor {
  const { name, shape } = weight;
  if (backend.allocExperts !== undefined && isExpertStack(weight))
    return backend.allocExperts(shape, dtype, name);
  return backend.allocWeight(shape, dtype, name);
}

interface Loading {
  readonly name: string;
  readonly fills: readonly {
    readonly fill: WeightFill;
    readonly moves: RowMoves | ElementMoves;
  }[];
}

/** A tensor whose elements move one by one is wanted in pieces that lie together in the weight, or whole. */
function loadingOf(name: string, tensor: StoredTensor, use: TensorUse): TensorToRead<Loading> {
  const fills = use.fills.map((fill) => ({
    fill,
    moves: movesRows(tensor.shape, fill.view, fill.weight.shape)
      ? new RowMoves(tensor.shape, fill)
      : new ElementMoves(tensor.shape, fill.view as TensorView, fill.weight.shape),
  }));
  const pieces = fills.map(({ moves }) => moves.together);
  const most = Math.max(...pieces);
  const together = pieces.every((rows) => most % rows === 0) ? most : rowCount(tensor.shape);
  return { tensor, together, use: { name, fills } };
}

/** What each weight is kept in. */
function dtypesOfWeights(toRead: readonly TensorToRead<Loading>[]) {
  const dtypes = new Map<string, WeightBytes["dtype"]>();
  for (const { tensor, use } of toRead)
    for (const { fill, moves } of use.fills)
      if (!dtypes.has(fill.weight.name)) dtypes.set(fill.weight.name, moves.dtypeOf(tensor.dtype));
  return dtypes;
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
