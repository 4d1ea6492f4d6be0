import { BackendError } from "../base/errors.ts";
import { Execution, type StepTaken } from "../execute/execution.ts";
import { stepRoom } from "../execute/stepRoom.ts";
import type { RunState } from "./runState.ts";

/** Tokens that a replay takes at once, however few the run took. */
const REPLAY_ROWS = 256;

/**
 * Runs the same tokens again with more kept, and hands what was captured to the run. The determinism contract makes the
 * replay exact; that it was is checked on every logit.
 * @throws BackendError ERR_REPLAY_DIFFERS when a logit differs in a bit
 */
export async function replay(state: RunState, capture: ReadonlySet<string>): Promise<void> {
  const { device, ids, nTokens, storage } = state;
  const most = Math.min(REPLAY_ROWS, stepRoom(device, nTokens));
  const rows = Math.min(nTokens, Math.max(state.rows, most));
  const nPrompt = state.steps
    .filter(({ phase }) => phase === "prefill")
    .reduce((sum, step) => sum + step.nTokens, 0);
  const execution = new Execution(device, {
    capacity: nTokens,
    nPrompt,
    rows,
    capture,
    edits: state.edits,
  });
  try {
    let offset = 0;
    for (const { form, phase, start, count } of mergedSteps(state.steps, rows)) {
      const logits = await execution.step(ids.slice(start, start + count), form, phase);
      for (let i = 0; i < logits.length; i++)
        if (!Object.is(logits[i], state.logits[offset + i]))
          throw new BackendError(
            "ERR_REPLAY_DIFFERS",
            `replay: expected the same logits bit for bit, got a difference at token ${start + Math.floor(i / device.spec.nVocab)}. The ${device.backend.info.name} backend is not deterministic on ${device.backend.info.device}; report this with the output of vitrine doctor, and capture the site when running.`,
          );
      offset += logits.length;
    }
    await execution.captureDrafts(state);
    for (const name of capture) execution.storage.give(name, storage);
  } finally {
    execution.dispose();
  }
}

/** Neighbouring steps of one form make one step: a row's bits do not depend on what else is in the step. */
function mergedSteps(steps: readonly StepTaken[], rows: number) {
  const merged: {
    form: StepTaken["form"];
    phase: StepTaken["phase"];
    start: number;
    count: number;
  }[] = [];
  for (const { form, phase, start, nTokens } of steps) {
    const last = merged.at(-1);
    if (last?.form === form && last.count + nTokens <= rows) last.count += nTokens;
    else merged.push({ form, phase, start, count: nTokens });
  }
  return merged;
}
