import type { OffPeakHours, PriceTable } from "../trace/schema.ts";

/** Does the list have its other prices at this moment? */
export function isOffPeak({ offPeak }: Pick<PriceTable, "offPeak">, at: Date): boolean {
  return offPeak?.hours.some((hours) => isWithin(hours, at)) ?? false;
}

function isWithin({ fromUtc, untilUtc, days }: OffPeakHours, at: Date): boolean {
  const day = at.getUTCDay() || 7; // Sunday is the last
  if (days !== null && !days.includes(day)) return false;
  const now = at.toISOString().slice(11, 16);
  if (fromUtc === untilUtc) return true;
  return fromUtc < untilUtc ? fromUtc <= now && now < untilUtc : fromUtc <= now || now < untilUtc;
}
