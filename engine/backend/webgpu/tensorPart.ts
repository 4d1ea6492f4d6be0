import type { DeviceDType } from "../deviceTensor.ts";
import { isPacked, type PackedLayout, packedLayout } from "../packed.ts";
import { tensorBytes } from "./tensorBytes.ts";

/** Whole rows of a tensor in one GPUBuffer; a packed part has its codes and its scales in it. */
export class TensorPart {
  readonly buffer: GPUBuffer;
  /** Its first element's place in the tensor. */
  readonly start: number;
  /** Elements. */
  readonly size: number;
  readonly sizeBytes: number;
  /** Where codes and scales lie; null for one element after the other. */
  readonly layout: PackedLayout | null;
  /** Words a write ended in the middle of, by word index: the part that is already written. */
  readonly partWords = new Map<number, number>();

  constructor(buffer: GPUBuffer, shape: readonly number[], dtype: DeviceDType, start: number) {
    this.buffer = buffer;
    this.start = start;
    this.size = shape.reduce((a, b) => a * b, 1);
    this.sizeBytes = tensorBytes(shape, dtype);
    this.layout = isPacked(dtype) ? packedLayout(dtype, shape) : null;
  }
}

/** Bytes of a buffer for these elements: shaders load whole vec4s of it. */
export function bufferBytes(shape: readonly number[], dtype: DeviceDType): number {
  return Math.ceil(tensorBytes(shape, dtype) / 16) * 16;
}

/**
 * The shapes in which a tensor fits into buffers of at most `limit` bytes: itself, or as many rows as fit, over and over
 * (a row is the last axis, so that a stack may be cut inside one of its matrices). Empty where not even one row fits.
 */
export function partShapes(
  shape: readonly number[],
  dtype: DeviceDType,
  limit: number,
): (readonly number[])[] {
  if (bufferBytes(shape, dtype) <= limit) return [shape];
  const width = shape.at(-1) ?? 0;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  let rowsEach = Math.min(rows, Math.floor(limit / tensorBytes([1, width], dtype)) + 1);
  while (rowsEach > 0 && bufferBytes([rowsEach, width], dtype) > limit) rowsEach -= 1;
  if (rowsEach === 0) return [];
  return Array.from({ length: Math.ceil(rows / rowsEach) }, (_, i) => [
    Math.min(rowsEach, rows - i * rowsEach),
    width,
  ]);
}
