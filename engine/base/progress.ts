/** How far a long piece of work has come. */
export interface Progress {
  readonly stage:
    | "download"
    | "weights"
    | "prefill"
    | "sweep"
    | "tune"
    | "measure"
    | "compare"
    | "replies"
    | "evaluate"
    | "explain";
  /**
   * Bytes of a download, tensors of a checkpoint, tokens of a prompt, cells of a sweep, rounds of measuring, replies, samples, texts, rows of
   * a lens, layers of an attribution, operators of a gradient.
   */
  readonly done: number;
  readonly total: number;
  /** What is being worked on: a file, tensor or cell. */
  readonly label: string;
}

/** Is told how far downloading, loading, reading a prompt and sweeping have come. */
export type ProgressListener = (progress: Progress) => void;

const PROGRESS_LISTENER = Symbol.for("vitrine.progressListener");

/** The listener that the surroundings registered under `Symbol.for("vitrine.progressListener")`: a notebook, say. */
export function ambientProgressListener(): ProgressListener | undefined {
  return (globalThis as Record<symbol, unknown>)[PROGRESS_LISTENER] as ProgressListener | undefined;
}
