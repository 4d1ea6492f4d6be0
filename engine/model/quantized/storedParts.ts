import { WeightsError } from "../../base/errors.ts";
import type { Checkpoint, TensorEntry } from "../../weights/checkpoint.ts";
import { isScaleDType, type ScaleDType } from "../../weights/quantized/readScales.ts";
import { type RowReader, rowCount } from "./storedForm.ts";

const SAME_CHECKPOINT = "Use files and config.json of one checkpoint.";

/** The entry of a part that a quantised tensor cannot do without. @throws WeightsError ERR_TENSOR_MISSING */
export function partOf(checkpoint: Checkpoint, whole: string, name: string): TensorEntry {
  const entry = checkpoint.tensors.get(name);
  if (entry === undefined)
    throw new WeightsError(
      "ERR_TENSOR_MISSING",
      `${whole}: expected also ${name}, got a checkpoint without it. ${SAME_CHECKPOINT}`,
    );
  return entry;
}

/** @throws WeightsError ERR_TENSOR_DTYPE */
export function expectDType(
  name: string,
  { dtype, file }: TensorEntry,
  allowed: readonly string[],
): void {
  if (!allowed.includes(dtype))
    throw new WeightsError(
      "ERR_TENSOR_DTYPE",
      `${name}: expected dtype ${allowed.join(" or ")}, got ${dtype} in ${file}. Convert the checkpoint to BF16.`,
    );
}

/** @throws WeightsError ERR_TENSOR_DTYPE */
export function scaleDTypeOf(name: string, { dtype, file }: TensorEntry): ScaleDType {
  if (isScaleDType(dtype)) return dtype;
  throw new WeightsError(
    "ERR_TENSOR_DTYPE",
    `${name}: expected dtype F32, F16, BF16 or F8_E8M0, got ${dtype} in ${file}. Convert the checkpoint to BF16.`,
  );
}

/** @param why what the shape follows from @throws WeightsError ERR_TENSOR_SHAPE */
export function expectShape(
  name: string,
  { shape, file }: TensorEntry,
  wanted: readonly number[],
  why: string,
): void {
  if (shape.join() !== wanted.join())
    throw new WeightsError(
      "ERR_TENSOR_SHAPE",
      `${name}: expected shape (${wanted.join(", ")}), ${why}, got (${shape.join(", ")}) in ${file}. ${SAME_CHECKPOINT}`,
    );
}

/** A matrix's two sizes. @throws WeightsError ERR_TENSOR_SHAPE */
export function matrixShape(name: string, { shape, file }: TensorEntry): [number, number] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined)
    throw new WeightsError(
      "ERR_TENSOR_SHAPE",
      `${name}: expected a matrix, got shape (${shape.join(", ")}) in ${file}. Convert the checkpoint to BF16.`,
    );
  return [rows, columns];
}

/** Reads an entry's rows as they are stored. */
export function rowsOf(
  checkpoint: Checkpoint,
  name: string,
  { shape, byteLength }: TensorEntry,
): Pick<RowReader, "rowBytes" | "fetch"> {
  const rowBytes = byteLength / rowCount(shape);
  return {
    rowBytes,
    fetch: (firstRow, target) => checkpoint.readInto(name, firstRow * rowBytes, target),
  };
}

/** A tensor of 32-bit words. */
export async function readWords(checkpoint: Checkpoint, name: string): Promise<Uint32Array> {
  return new Uint32Array((await checkpoint.readTensor(name)).buffer);
}

/** (G, N) to (N, G). */
export function transposed(values: Float32Array, groups: number, rows: number): Float32Array {
  return Float32Array.from(
    values,
    (_, i) => values[(i % groups) * rows + Math.floor(i / groups)] as number,
  );
}
