/** right, wrong, or cut: a limit ended the reply before its answer was complete. */
export type SampleOutcome = "right" | "wrong" | "cut";
export const OUTCOMES: readonly SampleOutcome[] = ["right", "wrong", "cut"];

/** What became of one sample in one epoch of one arm; the engine's EvaluatedSample is one. */
export interface SampleSource {
  readonly sample: string;
  readonly index: number;
  readonly epoch: number;
  readonly edits: string | null;
  readonly thinking: string | null;
  readonly outcome: SampleOutcome;
  readonly score: number | null;
  readonly target: string | null;
  readonly answer: string | null;
  readonly prompt: string;
  readonly reply: string;
  readonly reasoning: string;
  readonly finishReason: string;
  readonly promptTokens: number;
  readonly thinkingTokens: number;
  readonly answerTokens: number;
  readonly logprob: number | null;
  readonly note: string | null;
}

interface ArmSource {
  readonly edits: string | null;
  readonly thinking: string | null;
  readonly metric: string;
}

/** What pictures of an evaluation need of it; the engine's Evaluation is one. */
export interface EvaluationSource {
  readonly about: {
    readonly task: string;
    readonly model: string;
    /** Null of a model behind a server. */
    readonly modelHash: string | null;
    readonly weights: string | null;
    readonly backend: string;
    readonly arithmetic: string;
    /** Of webgpu; null elsewhere. */
    readonly device: string | null;
    readonly driver: string | null;
    /** Of those who evaluated; Node's is null where it was not kept. */
    readonly versions: { readonly vitrine: string; readonly node: string | null };
    readonly seed: number;
    readonly epochs: number;
  };
  readonly samples: readonly SampleSource[];
  readonly metrics: readonly (ArmSource & { readonly value: number; readonly n: number })[];
  readonly intervals: readonly (ArmSource & {
    readonly method: string;
    readonly low: number;
    readonly high: number;
  })[];
}

/** An arm in a line, as the engine's tables and `evaluation.arms()` name it. */
export function armLabel({ edits, thinking }: Omit<ArmSource, "metric">): string {
  const parts = [
    ...(edits === null ? [] : [`edits ${edits}`]),
    ...(thinking === null ? [] : [`thinking ${thinking}`]),
  ];
  return parts.length === 0 ? "as it is" : parts.join(", ");
}

/** Is this what `evaluate` gives, with a sample? @returns what is wrong in words, or null */
export function wrongWithEvaluation(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return String(value);
  const { about, samples, intervals } = value as Partial<EvaluationSource>;
  if (typeof about?.task !== "string" || !Array.isArray(intervals))
    return "an object of another kind";
  return wrongWithSamples(samples);
}

/** Are these samples that were evaluated, at least one? @returns what is wrong in words, or null */
export function wrongWithSamples(value: unknown): string | null {
  if (!Array.isArray(value)) return "an object of another kind";
  if (value.length === 0) return "no samples";
  const isSample = (it: Partial<SampleSource> | null): boolean =>
    typeof it?.sample === "string" && typeof it.prompt === "string" && isOutcome(it.outcome);
  return value.every(isSample) ? null : "a sample that was not evaluated";
}

function isOutcome(value: unknown): value is SampleOutcome {
  return OUTCOMES.includes(value as SampleOutcome);
}
