import type { EvaluatedSample } from "./evaluatedSample.ts";

/** What a column holds; null may stand in the place of any value. */
type ColumnType = "i32" | "f64" | "text" | "flag";
export type TableSchema = Readonly<Record<string, ColumnType>>;
export type TableRow = Readonly<Record<string, number | string | boolean | null>>;

/** A table's columns, in their order, and its rows. */
export interface PlainTable {
  readonly schema: TableSchema;
  readonly rows: readonly TableRow[];
}

const SCHEMA = {
  sample: "text",
  index: "i32",
  epoch: "i32",
  edits: "text",
  thinking: "text",
  seed: "f64", // 53 bits
  outcome: "text",
  score: "f64",
  target: "text",
  answer: "text",
  prompt: "text",
  reply: "text",
  reasoning: "text",
  finish_reason: "text",
  prompt_tokens: "i32",
  thinking_tokens: "i32",
  answer_tokens: "i32",
  logprob: "f64",
  choices: "text", // JSON
  note: "text",
} as const satisfies TableSchema;

/** One row for each sample, epoch and arm. */
export function sampleTable(samples: readonly EvaluatedSample[]): PlainTable {
  return { schema: SCHEMA, rows: samples.map(sampleRow) };
}

function sampleRow(sample: EvaluatedSample): Record<keyof typeof SCHEMA, string | number | null> {
  return {
    sample: sample.sample,
    index: sample.index,
    epoch: sample.epoch,
    edits: sample.edits,
    thinking: sample.thinking,
    seed: sample.seed,
    outcome: sample.outcome,
    score: sample.score,
    target: sample.target,
    answer: sample.answer,
    prompt: sample.prompt,
    reply: sample.reply,
    reasoning: sample.reasoning,
    finish_reason: sample.finishReason,
    prompt_tokens: sample.promptTokens,
    thinking_tokens: sample.thinkingTokens,
    answer_tokens: sample.answerTokens,
    logprob: sample.logprob,
    choices: sample.choices === null ? null : JSON.stringify(sample.choices),
    note: sample.note,
  };
}
