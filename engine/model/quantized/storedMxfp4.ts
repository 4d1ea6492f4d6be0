import { WeightsError } from "../../base/errors.ts";
import type { Checkpoint } from "../../weights/checkpoint.ts";
import { packMxfp4 } from "../../weights/quantized/packMxfp4.ts";
import type { StoredTensor } from "./storedForm.ts";
import { expectDType, partOf } from "./storedParts.ts";

/** `{name}_blocks` (..., K/32, 16) and `{name}_scales` (..., K/32), both bytes: a tensor of (..., K). */
export function mxfp4Tensor(checkpoint: Checkpoint, name: string): StoredTensor | null {
  const [blocksName, scalesName] = [`${name}_blocks`, `${name}_scales`];
  const blocks = checkpoint.tensors.get(blocksName);
  if (blocks === undefined) return null;
  const scales = partOf(checkpoint, blocksName, scalesName);
  expectDType(blocksName, blocks, ["U8"]);
  expectDType(scalesName, scales, ["U8"]);
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
    open: async () => {
      const perRow = groups.at(-1) ?? 0;
      const rowBytes = 17 * perRow; // codes of all rows, then their scales
      const codesOf = (data: Uint8Array) => (data.length / 17) * 16;
      return {
        rowBytes,
        fetch: async (firstRow, target) => {
          const [group, codes] = [firstRow * perRow, codesOf(target)];
          await checkpoint.readInto(blocksName, 16 * group, target.subarray(0, codes));
          await checkpoint.readInto(scalesName, group, target.subarray(codes));
        },
        unpack: ({ data, firstRow }) => {
          const codes = codesOf(data);
          return packMxfp4(name, data.subarray(0, codes), data.subarray(codes), firstRow * perRow);
        },
      };
    },
  };
}
