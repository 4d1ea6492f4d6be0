import { BackendError, ShapeError } from "../base/errors.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { WeightBytes } from "./backend.ts";
import type { DeviceTensor } from "./deviceTensor.ts";
import { isPacked, PACKED_FORMATS, type PackedLayout } from "./packed.ts";
import { rowSize } from "./tensorSize.ts";
import { isPackedBytes, weightLength } from "./widen.ts";

/** A tensor as a backend keeps it, with what calls on it are checked against. */
export interface KeptTensor extends DeviceTensor {
  /** The backend that allocated it. */
  readonly owner: object;
  readonly freed: boolean;
  /** Elements. */
  readonly length: number;
  /** What `allocWeight` was asked for; null for a tensor of `alloc`. */
  readonly weightDType: WeightBytes["dtype"] | null;
}

/** The checks that every backend makes of a call before it does anything, so that all refuse the same with the same code. */

/** @throws BackendError ERR_FOREIGN_TENSOR, ERR_TENSOR_FREED */
export function checkOwn<T extends KeptTensor>(
  what: string,
  owner: object,
  kind: abstract new (...args: never[]) => T,
  tensor: DeviceTensor,
): T {
  if (!(tensor instanceof kind) || tensor.owner !== owner)
    throw new BackendError(
      "ERR_FOREIGN_TENSOR",
      `${what}: expected a tensor of this backend, got "${tensor.label}" of another. Allocate it on the backend that runs the program.`,
    );
  if (tensor.freed)
    throw new BackendError(
      "ERR_TENSOR_FREED",
      `${what}: expected a live tensor, got "${tensor.label}" after free. Free a tensor only when no program uses it.`,
    );
  return tensor;
}

/** @returns the elements of the shape, which may be Infinity. @throws ShapeError ERR_SHAPE */
export function checkShape(shape: readonly number[], label: string): number {
  if (!shape.every((size) => Number.isInteger(size) && size >= 1))
    throw new ShapeError(
      "ERR_SHAPE",
      `alloc: expected a shape of whole numbers from 1, got (${shape.join(", ")}) for "${label}". Give every axis a size.`,
    );
  return shape.reduce((a, b) => a * b, 1);
}

/** @throws ShapeError ERR_RANGE unless `count` elements from `offset` are whole ones of the tensor */
export function checkRange(what: string, tensor: KeptTensor, offset: number, count: number): void {
  if (Number.isInteger(offset) && Number.isInteger(count) && offset >= 0 && count >= 0)
    if (offset + count <= tensor.length) return;
  throw new ShapeError(
    "ERR_RANGE",
    `${what}: expected a range inside the ${tensor.length} elements of "${tensor.label}", got ${count} from ${offset}. Check the offset and the count.`,
  );
}

/** @throws ShapeError ERR_DTYPE, ERR_RANGE */
export function checkWrite(tensor: KeptTensor, offset: number, data: HostArray): void {
  checkActivation("write", tensor);
  const fits =
    tensor.dtype === "i32"
      ? data instanceof Int32Array
      : data instanceof Float32Array || data instanceof Float64Array;
  if (!fits)
    throw new ShapeError(
      "ERR_DTYPE",
      `write: expected ${tensor.dtype === "i32" ? "an Int32Array" : "a Float32Array or a Float64Array"} for ${tensor.dtype} "${tensor.label}", got ${data.constructor.name}. Convert the numbers first.`,
    );
  checkRange("write", tensor, offset, data.length);
}

/** @throws ShapeError ERR_DTYPE, ERR_RANGE */
export function checkCopy(
  from: KeptTensor,
  fromOffset: number,
  to: KeptTensor,
  toOffset: number,
  count: number,
): void {
  checkActivation("copy", from);
  checkActivation("copy", to);
  if (from.dtype !== to.dtype)
    throw new ShapeError(
      "ERR_DTYPE",
      `copy: expected two tensors of one dtype, got ${from.dtype} "${from.label}" and ${to.dtype} "${to.label}". Copy between tensors of the same dtype.`,
    );
  checkRange("copy", from, fromOffset, count);
  checkRange("copy", to, toOffset, count);
}

/** @throws ShapeError ERR_DTYPE, ERR_RANGE */
export function checkRead(tensor: KeptTensor, offset: number, count: number): void {
  if (tensor.weightDType !== null && isPacked(tensor.weightDType))
    throw new ShapeError(
      "ERR_DTYPE",
      `read: expected a tensor of whole elements, got the ${tensor.weightDType} weight "${tensor.label}". Read the checkpoint's tensor instead.`,
    );
  checkRange("read", tensor, offset, count);
}

/**
 * @param layout of a packed weight
 * @throws ShapeError ERR_DTYPE, ERR_RANGE
 */
export function checkWriteWeight(
  tensor: KeptTensor,
  layout: PackedLayout | null,
  offset: number,
  bytes: WeightBytes,
): void {
  const { weightDType: wanted, label } = tensor;
  if (wanted === null || (wanted !== "f32" && wanted !== bytes.dtype))
    throw new ShapeError(
      "ERR_DTYPE",
      `writeWeight: expected ${wanted === null ? "a tensor of allocWeight" : `${wanted} bytes for "${label}"`}, got ${wanted === null ? `"${label}"` : bytes.dtype}. Allocate the weight with the dtype of its bytes.`,
    );
  checkRange("writeWeight", tensor, offset, weightLength(bytes));
  if (!isPackedBytes(bytes)) return;
  const { group, scales } = bytes;
  const groups = weightLength(bytes) / group;
  const { scaleBytes, leastGroup } = PACKED_FORMATS[bytes.dtype];
  const aligned =
    layout === null ? group >= leastGroup : group === layout.group && offset % group === 0;
  const wholeScales = groups * scaleBytes;
  if (aligned && Number.isInteger(groups) && scales.byteLength === wholeScales) return;
  throw new ShapeError(
    "ERR_RANGE",
    `writeWeight: expected whole groups of ${layout?.group ?? group} elements with a scale each for "${label}", got ${groups} groups of ${group} from element ${offset} with ${scales.byteLength} bytes of scales. Write whole rows.`,
  );
}

/** @throws ShapeError ERR_RANGE */
export function checkWriteBlocks(tensor: KeptTensor, offset: number, count: number): void {
  checkRange("writeBlocks", tensor, offset, count);
}

/** @throws ShapeError ERR_DTYPE, ERR_SHAPE unless both are f32 and of one shape */
export function checkSoftmax(x: KeptTensor, out: KeptTensor): void {
  for (const tensor of [x, out]) {
    checkActivation("softmaxRows", tensor);
    if (tensor.dtype === "f32") continue;
    throw new ShapeError(
      "ERR_DTYPE",
      `softmaxRows: expected f32 tensors, got the ${tensor.dtype} tensor "${tensor.label}". Allocate it as f32.`,
    );
  }
  if (x.shape.join() === out.shape.join()) return;
  throw new ShapeError(
    "ERR_SHAPE",
    `softmaxRows: expected two tensors of one shape, got (${x.shape.join(", ")}) and (${out.shape.join(", ")}). Allocate "${out.label}" with the shape of "${x.label}".`,
  );
}

/** @throws ShapeError ERR_DTYPE unless x is f32 and out i32, ERR_SHAPE unless they have as many rows, and x rows at least as long */
export function checkTopK(x: KeptTensor, out: KeptTensor): void {
  for (const [tensor, dtype] of [
    [x, "f32"],
    [out, "i32"],
  ] as const) {
    checkActivation("topKRows", tensor);
    if (tensor.dtype === dtype) continue;
    throw new ShapeError(
      "ERR_DTYPE",
      `topKRows: expected numbers in f32 and places in i32, got the ${tensor.dtype} tensor "${tensor.label}". Allocate it as ${dtype}.`,
    );
  }
  const [rows, width] = [x.shape[0], rowSize(x)];
  if (rows === out.shape[0] && rowSize(out) <= width) return;
  throw new ShapeError(
    "ERR_SHAPE",
    `topKRows: expected places of ${rows} rows, at most ${width} of each, got (${out.shape.join(", ")}). Allocate "${out.label}" as (${rows}, k).`,
  );
}

/** Weights are laid out as suits the device, so that only writeWeight and programs touch them. */
function checkActivation(what: string, tensor: KeptTensor): void {
  if (tensor.weightDType === null) return;
  throw new ShapeError(
    "ERR_DTYPE",
    `${what}: expected a tensor of alloc, got the ${tensor.weightDType} weight "${tensor.label}". Use writeWeight for checkpoint bytes.`,
  );
}
