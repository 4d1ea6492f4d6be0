import type { Backend, ExpertCacheUse, MemoryUse } from "../backend/backend.ts";
import type { PrefixCache, PrefixCacheUse } from "./prefixCache.ts";

/** What `model.deviceMemory` tells. */
export interface DeviceMemory extends MemoryUse {
  readonly experts?: ExpertCacheUse;
  readonly prefixes?: PrefixCacheUse;
}

export function deviceMemory(parts: {
  readonly backend: Backend;
  readonly prefixes: PrefixCache;
}): DeviceMemory {
  const { memory, expertCache } = parts.backend;
  const { tensors, bytes } = memory;
  return {
    tensors,
    bytes,
    ...(expertCache && { experts: expertCache }),
    ...(parts.prefixes.isOn && { prefixes: parts.prefixes.use }),
  };
}
