import type { DeviceTensor } from "./deviceTensor.ts";

/** Elements of one row, i.e. the product of all axes but the first. */
export function rowSize(tensor: DeviceTensor): number {
  return tensor.shape.slice(1).reduce((a, b) => a * b, 1);
}

/** Elements of the whole tensor. */
export function elementCount(tensor: DeviceTensor): number {
  return tensor.shape.reduce((a, b) => a * b, 1);
}
