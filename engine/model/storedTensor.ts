import { isPacked } from "../backend/packed.ts";
import { WeightsError } from "../base/errors.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import { isGgufBlockType } from "../weights/gguf/ggufTypes.ts";
import { unpackedDtype, unpackGguf } from "../weights/gguf/unpackGguf.ts";
import type { Quantization } from "./quantized/quantization.ts";
import { awqTensor } from "./quantized/storedAwq.ts";
import { integerTensor } from "./quantized/storedCompressed.ts";
import type { StoredTensor } from "./quantized/storedForm.ts";
import { fp8Tensor } from "./quantized/storedFp8.ts";
import { gptqTensor } from "./quantized/storedGptq.ts";
import { mxfp4Tensor } from "./quantized/storedMxfp4.ts";
import { rowsOf } from "./quantized/storedParts.ts";

const PLAIN: { readonly [dtype: string]: "f32" | "bf16" | "f16" } = {
  F32: "f32",
  BF16: "bf16",
  F16: "f16",
};

/**
 * The tensor of that name; null where the checkpoint has none.
 * @throws WeightsError ERR_TENSOR_MISSING, ERR_TENSOR_SHAPE, ERR_TENSOR_DTYPE for its parts
 */
export function storedTensor(
  checkpoint: Checkpoint,
  name: string,
  quantization: Quantization,
): StoredTensor | null {
  const entry = checkpoint.tensors.get(name);
  if (entry === undefined) return splitTensor(checkpoint, name, quantization);
  const { dtype, shape, file } = entry;
  const common = { storedAs: dtype, shape, file, parts: [name] };
  const plain = PLAIN[dtype];
  if (plain !== undefined)
    return {
      ...common,
      dtype: plain,
      open: async () => ({
        ...rowsOf(checkpoint, name, entry),
        unpack: ({ data }) => ({ dtype: plain, data }),
      }),
    };
  if (isGgufBlockType(dtype)) {
    const kept = unpackedDtype(dtype);
    return {
      ...common,
      dtype: kept,
      open: async () => ({
        ...rowsOf(checkpoint, name, entry),
        ...(isPacked(kept) && { blocks: kept }),
        unpack: ({ data, firstRow, nRows }, room) =>
          unpackGguf(name, dtype, data, { room, before: firstRow * (data.length / nRows) }),
      }),
    };
  }
  if (dtype === "F8_E4M3" && quantization.kind === "fp8")
    return fp8Tensor(checkpoint, name, entry, quantization.scaleNames, quantization.grids);
  if (quantization.kind === "compressed-tensors") {
    const floats = quantization.schemes.filter(({ type }) => type === "float");
    if (dtype === "F8_E4M3" && floats.length > 0)
      return fp8Tensor(
        checkpoint,
        name,
        entry,
        ["_scale"],
        floats.map(({ grid }) => grid),
      );
    if (dtype === "I8") return integerTensor(checkpoint, name, quantization.schemes);
  }
  throw new WeightsError(
    "ERR_TENSOR_DTYPE",
    `${name}: expected dtype F32, BF16 or F16, or what the quantization_config of config.json describes, got ${dtype} in ${file}. Convert the checkpoint to BF16.`,
  );
}

/** A tensor of which only parts with names of their own are stored. */
function splitTensor(
  checkpoint: Checkpoint,
  name: string,
  quantization: Quantization,
): StoredTensor | null {
  switch (quantization.kind) {
    case "mxfp4":
      return mxfp4Tensor(checkpoint, name);
    case "gptq":
      return gptqTensor(checkpoint, name, quantization);
    case "awq":
      return awqTensor(checkpoint, name, quantization);
    case "compressed-tensors":
      return integerTensor(checkpoint, name, quantization.schemes);
    default:
      return null;
  }
}
