import type { ExpertCacheUse, MemoryUse } from "../backend/backend.ts";
import type { PrefixCacheUse } from "./prefixCache.ts";

/** What `model.deviceMemory` tells. */
export interface DeviceMemory extends MemoryUse {
  readonly experts?: ExpertCacheUse;
  readonly prefixes?: PrefixCacheUse;
}
