import { BackendError } from "../base/errors.ts";
import type { BackendInfo } from "./backend.ts";

/** For what wants the times of operators on a device that tells none. @param what the call that wants them */
export function noTimestamps(what: string, { device }: Pick<BackendInfo, "device">): BackendError {
  return new BackendError(
    "ERR_NO_TIMESTAMPS",
    `${what}: expected a WebGPU adapter with the feature timestamp-query, got ${device} without it. Do without times of operators, or use backend "cpu".`,
  );
}
