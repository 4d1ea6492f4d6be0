import { ProgressBar } from "./progressBar.ts";

/** Where the engine looks for a listener when nobody passed it one. */
const PROGRESS_LISTENER = Symbol.for("vitrine.progressListener");
/** What is over sooner shows no bar. */
const PATIENCE_MS = 1000;

interface EngineProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly label: string;
}

/** Shows a bar in the cell for every stage of the engine's work that takes longer than a second. */
export function showEngineProgress(): void {
  const stages = new Map<string, { startMs: number; done: number; bar: ProgressBar | null }>();
  const listener = ({ stage, done, total }: EngineProgress): void => {
    const earlier = stages.get(stage);
    // Less done than before: what was followed has failed, and this is another piece of work.
    const isSame = earlier !== undefined && done >= earlier.done;
    if (!isSame) earlier?.bar?.end();
    const state = isSame ? earlier : { startMs: Date.now(), done, bar: null };
    state.done = done;
    stages.set(stage, state);
    if (state.bar === null && Date.now() - state.startMs >= PATIENCE_MS) {
      state.bar = new ProgressBar(total, { label: stage });
    }
    if (state.bar !== null) {
      state.bar.total = total;
      state.bar.set(done);
    }
    if (done < total) return;
    state.bar?.end();
    stages.delete(stage);
  };
  (globalThis as Record<symbol, unknown>)[PROGRESS_LISTENER] = listener;
}
