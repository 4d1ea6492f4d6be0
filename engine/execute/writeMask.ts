import type { Backend } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { edgeMask, edgeMaskShape } from "../backend/edgeMask.ts";
import type { PositionMask } from "../plan/planChanges.ts";

/** Writes a mask's bits behind the rows that say which of them hold; those come with each step. @param nQueries rows of q */
export function writeMaskBits(
  backend: Backend,
  tensor: DeviceTensor,
  nQueries: number,
  { nHeads, bits }: PositionMask,
): void {
  backend.write(tensor, edgeMask(tensor.shape, nQueries, nHeads).firstBits, bits);
}

/** @param nQueries rows of q */
export function maskShape({ nHeads, words, bits }: PositionMask, nQueries: number): number[] {
  return edgeMaskShape(nQueries, nHeads, 32 * words, bits.length / words);
}
