import { keptBytes } from "../execute/keptBytes.ts";
import { keptValues } from "../plan/keptValues.ts";
import { replay } from "./replay.ts";
import type { RunState } from "./runState.ts";
import type { RunSupply } from "./runSupply.ts";

/** Bytes up to which one replay for a layer's attention brings all layers'. */
const TOGETHER_BYTES = 2 ** 28;

/** What is missing comes by running the same tokens again. */
export function replaySupply(state: RunState): RunSupply {
  return {
    check: () => undefined,
    isBrought: () => true,
    bring: async ({ capture, logits, signal, onProgress }) => {
      const missing = [...(capture ?? [])];
      const together = missing.length > 0 ? ofAllLayers(state, missing) : [];
      await replay(state, {
        capture: new Set([...missing, ...together]),
        ...(logits && { logits }),
        ...{ signal, onProgress },
      });
    },
    whole: async () => null,
    stateOf: (_, found) => found,
  };
}

/** What attention of the other layers is recomputed from, where it is missing too and small. */
function ofAllLayers(state: RunState, missing: readonly string[]): string[] {
  const ofAttention = keptValues(state.device.spec, "attention").filter(
    (value) => state.storage.get(value) === undefined,
  );
  if (!missing.some((value) => ofAttention.includes(value))) return [];
  return bytesOf(state, ofAttention) <= TOGETHER_BYTES ? ofAttention : [];
}

function bytesOf(state: RunState, values: readonly string[]): number {
  const planned = { nPrompt: state.nTokens, capacity: state.nTokens, rows: 1, logitRows: 0 };
  const capture = new Set(values);
  return keptBytes(state.device, { ...planned, keep: "nothing", capture }).capturedBytes;
}
