import { breathe } from "../base/breathe.ts";
import { AbortedError, BackendError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import { Execution } from "../execute/execution.ts";
import { stepRoom } from "../execute/stepRoom.ts";
import type { StepTaken } from "../execute/stepTaken.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { nPromptOf } from "./rotatedQuery.ts";
import type { RunState } from "./runState.ts";

/** Tokens that a replay takes at once, however few the run took. */
const REPLAY_ROWS = 256;

/** What a replay brings. */
export interface Wanted {
  /** Values to capture. */
  readonly capture?: ReadonlySet<string>;
  /** Positions, ascending, whose rows of logits come to the host. */
  readonly logits?: readonly number[];
  /** Checked between steps. */
  readonly signal?: AbortSignal | undefined;
  /** Is told of tokens. */
  readonly onProgress?: ProgressListener | undefined;
}

/**
 * Runs the same tokens again with more kept, and hands what was captured to the run. The determinism contract makes the
 * replay exact; that it was is checked on every log probability that the run has and on the logits that the run has.
 * @throws BackendError ERR_REPLAY_DIFFERS when one of these differs in a bit; AbortedError ERR_ABORTED, with nothing handed over
 */
export async function replay(state: RunState, wanted: Wanted): Promise<void> {
  const { device, ids, nTokens, storage } = state;
  const { capture = new Set(), logits = [], signal, onProgress } = wanted;
  const most = Math.min(REPLAY_ROWS, stepRoom(device, nTokens));
  const rows = Math.min(nTokens, Math.max(state.rows, most));
  const sizes = { capacity: nTokens, nPrompt: nPromptOf(state), rows };
  const { edits } = state;
  const execution = new Execution(device, { ...sizes, keep: "nothing", capture, edits });
  const read = [...new Set([...state.logits.keys(), ...logits])].sort((a, b) => a - b);
  const found = new Map<number, HostArray>();
  try {
    for (const { form, phase, start, count } of mergedSteps(state.steps, rows)) {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      const end = start + count;
      const positions = read.filter((position) => position >= start && position < end);
      const options = { next: ids[end], positions };
      const got = await execution.step(ids.slice(start, end), form, phase, options);
      const size = device.spec.nVocab;
      positions.forEach((position, i) => {
        const row = got.subarray(i * size, (i + 1) * size) as HostArray;
        const known = state.logits.get(position);
        if (known === undefined) found.set(position, row);
        else if (!sameBits(row, known)) throw differs(state, position);
      });
      onProgress?.({ stage: "prefill", done: end, total: nTokens, label: "replay" });
      await breathe();
    }
    const logProbs = await execution.logProbs();
    for (let t = state.firstScored - 1; t < nTokens - 1; t++)
      if (!Object.is(logProbs[t], state.logProbs[t])) throw differs(state, t);
    await execution.captureDrafts(ids);
    for (const name of capture) {
      execution.storage.give(name, storage);
      state.captured.add(name);
    }
    for (const [position, row] of found) state.logits.set(position, row);
  } finally {
    execution.dispose();
  }
}

function sameBits(a: HostArray, b: HostArray): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

function differs({ device: { backend } }: RunState, token: number): BackendError {
  return new BackendError(
    "ERR_REPLAY_DIFFERS",
    `replay: expected the same logits bit for bit, got a difference at token ${token}. The ${backend.info.name} backend is not deterministic on ${backend.info.device}; report this with the output of vitrine doctor, and capture the site when running.`,
  );
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
