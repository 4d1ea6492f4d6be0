import { InputError } from "../base/errors.ts";
import type { FeaturesRecord } from "../trace/schema.ts";

/**
 * (P) one feature at every position of a record; NaN at a token whose features were not all told, and not this one.
 * @throws InputError ERR_SELECTION
 */
export function featureValues(record: FeaturesRecord, feature: number): Float64Array {
  const { positions, offsets, ids, values, active, nFeatures } = record;
  if (!Number.isInteger(feature) || feature < 0 || feature >= nFeatures)
    throw new InputError(
      "ERR_SELECTION",
      `featureValues: expected features from 0 to ${nFeatures - 1}, got ${feature}. Choose one that exists.`,
    );
  return Float64Array.from(positions, (_, row) => {
    const [start = 0, end = 0] = [offsets[row], offsets[row + 1]];
    const at = ids.subarray(start, end).indexOf(feature);
    if (at >= 0) return values[start + at] as number;
    return end - start < (active[row] as number) ? Number.NaN : 0;
  });
}
