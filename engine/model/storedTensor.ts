import type { WeightBytes } from "../backend/backend.ts";
import { packedLayout, packs } from "../backend/packed.ts";
import { WeightsError } from "../errors.ts";
import type { Checkpoint, TensorEntry } from "../weights/checkpoint.ts";
import { isGgufBlockType } from "../weights/gguf/ggufTypes.ts";
import { unpackedDtype, unpackGguf } from "../weights/gguf/unpackGguf.ts";
import { fp8Scales, isFp8ScaleDType, packFp8 } from "../weights/packFp8.ts";
import { packMxfp4 } from "../weights/packMxfp4.ts";
import type { Quantization } from "./quantization.ts";

/** A tensor as the checkpoint has it, which may take several of its entries. */
export interface StoredTensor {
  /** What `read` gives. */
  readonly dtype: WeightBytes["dtype"];
  /** The checkpoint's own name of the dtype. */
  readonly storedAs: string;
  readonly shape: readonly number[];
  readonly file: string;
  /** Names of its entries. */
  readonly parts: readonly string[];
  read(): Promise<WeightBytes>;
}

const PLAIN: { readonly [dtype: string]: "f32" | "bf16" | "f16" } = {
  F32: "f32",
  BF16: "bf16",
  F16: "f16",
};

/**
 * The tensor of that name; null where the checkpoint has none.
 * @throws WeightsError ERR_TENSOR_MISSING, ERR_TENSOR_SHAPE for scales; ERR_TENSOR_DTYPE
 */
export function storedTensor(
  checkpoint: Checkpoint,
  name: string,
  quantization: Quantization,
): StoredTensor | null {
  const entry = checkpoint.tensors.get(name);
  if (entry === undefined)
    return quantization.kind === "mxfp4" ? mxfp4Tensor(checkpoint, name) : null;
  const plain = PLAIN[entry.dtype];
  if (plain !== undefined)
    return {
      ...common(entry),
      dtype: plain,
      parts: [name],
      read: async () => ({ dtype: plain, data: await checkpoint.readTensor(name) }),
    };
  const { dtype } = entry;
  if (isGgufBlockType(dtype))
    return {
      ...common(entry),
      dtype: unpackedDtype(dtype),
      parts: [name],
      read: async () => unpackGguf(name, dtype, await checkpoint.readTensor(name)),
    };
  if (entry.dtype === "F8_E4M3" && quantization.kind === "fp8")
    return fp8Tensor(checkpoint, name, entry, quantization);
  throw new WeightsError(
    "ERR_TENSOR_DTYPE",
    `${name}: expected dtype F32, BF16 or F16, or F8_E4M3 under a quantization_config of block scales, got ${entry.dtype} in ${entry.file}. Convert the checkpoint to BF16.`,
  );
}

function common({ dtype, shape, file }: TensorEntry) {
  return { storedAs: dtype, shape, file };
}

function fp8Tensor(
  checkpoint: Checkpoint,
  name: string,
  entry: TensorEntry,
  { blockRows, blockColumns }: Quantization & { kind: "fp8" },
): StoredTensor {
  const [rows = 0, columns = 0] = entry.shape;
  if (entry.shape.length !== 2)
    throw new WeightsError(
      "ERR_TENSOR_SHAPE",
      `${name}: expected a matrix in F8_E4M3, got shape (${entry.shape.join(", ")}) in ${entry.file}. Convert the checkpoint to BF16.`,
    );
  const scaleName = `${name}_scale_inv`;
  const scale = checkpoint.tensors.get(scaleName);
  if (scale === undefined)
    throw new WeightsError(
      "ERR_TENSOR_MISSING",
      `${name}: expected its scales as ${scaleName}, got a checkpoint without them. Download the model again.`,
    );
  const wanted = [Math.ceil(rows / blockRows), Math.ceil(columns / blockColumns)];
  if (scale.shape.join() !== wanted.join())
    throw new WeightsError(
      "ERR_TENSOR_SHAPE",
      `${scaleName}: expected shape (${wanted.join(", ")}), one scale per block of ${blockRows} x ${blockColumns}, got (${scale.shape.join(", ")}) in ${scale.file}. Use the config.json that belongs to these weights.`,
    );
  const { dtype } = scale;
  if (!isFp8ScaleDType(dtype))
    throw new WeightsError(
      "ERR_TENSOR_DTYPE",
      `${scaleName}: expected dtype F32, BF16 or F8_E8M0, got ${dtype} in ${scale.file}. Convert the checkpoint to BF16.`,
    );
  const packed = packs(columns) && blockColumns % packedLayout("f8e4m3", entry.shape).group === 0;
  return {
    ...common(entry),
    dtype: packed ? "f8e4m3" : "f32",
    parts: [name, scaleName],
    read: async () =>
      packFp8({
        name,
        shape: [rows, columns],
        codes: await checkpoint.readTensor(name),
        scales: fp8Scales(scaleName, dtype, await checkpoint.readTensor(scaleName)),
        blockRows,
        blockColumns,
      }),
  };
}

/** `{name}_blocks` (..., K/32, 16) and `{name}_scales` (..., K/32), both bytes: a tensor of (..., K). */
function mxfp4Tensor(checkpoint: Checkpoint, name: string): StoredTensor | null {
  const [blocksName, scalesName] = [`${name}_blocks`, `${name}_scales`];
  const blocks = checkpoint.tensors.get(blocksName);
  if (blocks === undefined) return null;
  const scales = checkpoint.tensors.get(scalesName);
  if (scales === undefined)
    throw new WeightsError(
      "ERR_TENSOR_MISSING",
      `${blocksName}: expected its scales as ${scalesName}, got a checkpoint without them. Download the model again.`,
    );
  for (const [part, { dtype, file }] of [
    [blocksName, blocks],
    [scalesName, scales],
  ] as const)
    if (dtype !== "U8")
      throw new WeightsError(
        "ERR_TENSOR_DTYPE",
        `${part}: expected dtype U8, got ${dtype} in ${file}. Convert the checkpoint to BF16.`,
      );
  const groups = blocks.shape.slice(0, -1);
  if (groups.length < 2 || blocks.shape.at(-1) !== 16 || scales.shape.join() !== groups.join())
    throw new WeightsError(
      "ERR_TENSOR_SHAPE",
      `${blocksName}: expected blocks of shape (..., K/32, 16) and scales of shape (..., K/32), got (${blocks.shape.join(", ")}) and (${scales.shape.join(", ")}) in ${blocks.file}. Use the files of one checkpoint.`,
    );
  return {
    storedAs: "MXFP4",
    shape: [...groups.slice(0, -1), (groups.at(-1) ?? 0) * 32],
    file: blocks.file,
    dtype: "mxfp4",
    parts: [blocksName, scalesName],
    read: async () =>
      packMxfp4(
        name,
        await checkpoint.readTensor(blocksName),
        await checkpoint.readTensor(scalesName),
      ),
  };
}
