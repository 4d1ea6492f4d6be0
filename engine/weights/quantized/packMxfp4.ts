import type { PackedBytes } from "../../backend/backend.ts";
import { WeightsError } from "../../base/errors.ts";

/**
 * Blocks of 32 codes in 16 bytes, the low one first, and one exponent each: already as a device keeps them.
 * @param before blocks of the tensor before the first one, for messages
 * @throws WeightsError ERR_WEIGHTS_NAN
 */
export function packMxfp4(
  name: string,
  blocks: Uint8Array,
  scales: Uint8Array,
  before: number,
): PackedBytes {
  const nan = scales.indexOf(255);
  if (nan >= 0)
    throw new WeightsError(
      "ERR_WEIGHTS_NAN",
      `${name}: expected finite scales, got NaN as number ${before + nan}. The checkpoint is damaged; download it again.`,
    );
  return { dtype: "mxfp4", data: blocks, scales, group: 32 };
}
