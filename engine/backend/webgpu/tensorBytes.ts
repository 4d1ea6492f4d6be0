import type { DeviceDType } from "../deviceTensor.ts";
import { isPacked, PACKED_FORMATS, packedLayout } from "../packed.ts";

/** @throws ShapeError ERR_SHAPE for a packed tensor whose rows are not of whole groups */
export function tensorBytes(shape: readonly number[], dtype: DeviceDType): number {
  if (isPacked(dtype)) return packedLayout(dtype, shape).sizeBytes;
  return shape.reduce((a, b) => a * b, elementBytes(dtype));
}

/** Bytes of an element; of its code alone in packed weights. */
export function elementBytes(dtype: DeviceDType): number {
  if (isPacked(dtype)) return PACKED_FORMATS[dtype].codeBits / 8;
  if (dtype === "f64") return 8;
  return dtype === "bf16" || dtype === "f16" ? 2 : 4;
}
