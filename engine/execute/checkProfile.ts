import type { BackendInfo } from "../backend/backend.ts";
import { noTimestamps } from "../backend/noTimestamps.ts";
import { checkFlag } from "../base/checkOptions.ts";

/** The option `profile` of a run. @throws InputError ERR_OPTION; BackendError ERR_NO_TIMESTAMPS */
export function checkProfile(
  what: "run" | "generate",
  profile: boolean | undefined,
  info: BackendInfo,
): boolean {
  checkFlag(`${what} profile`, profile);
  if (profile === true && info.operatorTimes === null) throw noTimestamps(`${what} profile`, info);
  return profile === true;
}
