import { checkCount } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import type { GenerateOptions } from "./generateOptions.ts";
import { speculationPays } from "./speculationPays.ts";

/**
 * Tokens that are drafted before each step; 0: no speculation.
 * @param name the model's, for messages
 * @throws InputError ERR_OPTION
 */
export function draftCount(
  device: ModelDevice,
  name: string,
  { speculate = "off", draftTokens = 1 }: Pick<GenerateOptions, "speculate" | "draftTokens">,
  nPrompt: number,
): number {
  checkCount("draftTokens", draftTokens);
  if (!["mtp", "off", "auto"].includes(speculate))
    throw new InputError(
      "ERR_OPTION",
      `speculate: expected "mtp", "off" or "auto", got ${JSON.stringify(speculate)}. Correct the option.`,
    );
  const { mtp } = device.spec;
  if (speculate === "mtp" && mtp === null)
    throw new InputError(
      "ERR_OPTION",
      `speculate: expected a checkpoint with a module for multi-token prediction, got ${name} without one. Leave the option out, or use "auto".`,
    );
  if (speculate === "off" || mtp === null) return 0;
  if (speculate === "mtp") return draftTokens;
  return speculationPays(device, { nPrompt, draftTokens }) ? draftTokens : 0;
}
