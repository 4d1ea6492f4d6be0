import type { WhatIfMoney, WhatIfRecord, WhatIfWork } from "../trace/schema.ts";
import type { Devices } from "./workTotal.ts";

interface Priced {
  readonly prefill: WhatIfWork | null;
  readonly step: WhatIfWork;
  readonly whole: WhatIfWork;
  readonly tokens: WhatIfRecord["tokens"];
  readonly batch: number;
}

/** Rent of the least times; null where the device has none. */
export function moneyOf(
  { device, count }: Devices,
  { prefill, step, whole, tokens, batch }: Priced,
): WhatIfMoney | null {
  if (device.usdPerHour === null) return null;
  const perSecond = (count * device.usdPerHour) / 3600;
  const rent = (work: WhatIfWork) => perSecond * (work.seconds ?? 0);
  return {
    usd: rent(whole),
    usdPerMTokInput: prefill && (1e6 * rent(prefill)) / tokens.prompt,
    usdPerMTokOutput: (1e6 * rent(step)) / batch,
  };
}
