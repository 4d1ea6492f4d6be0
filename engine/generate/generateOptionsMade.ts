import { DEFAULT_BUDGET } from "../execute/keptBytes.ts";
import type { GenerateOptions } from "./generateOptions.ts";

/** Options of a generation that no config has a say in, defaults written out. */
export function generateOptionsMade(options: GenerateOptions) {
  const { thinking, ignoreEos = false, capture = [], keep = "routes", logits = "last" } = options;
  const { budget = DEFAULT_BUDGET, promptLogprobs = true, topLogprobs = 0 } = options;
  const { profile = false, draftTokens = 1 } = options;
  return {
    ...{ ignoreEos, capture: [capture].flat(), keep, logits, budget, promptLogprobs, topLogprobs },
    ...{ profile, draftTokens },
    ...(thinking !== undefined && { thinking }),
  };
}
