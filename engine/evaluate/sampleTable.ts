import { toExactJson } from "../record/exactJson.ts";
import type { RowOf, TableSchema } from "../record/table.ts";
import type { EvaluatedSample } from "./evaluatedSample.ts";

/** A row of any table. */
export type TableRow = RowOf<TableSchema>;

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
  return { schema: SCHEMA, rows: [...sampleRows(samples)] };
}

/** The columns of `sampleTable`, in their order. */
export const SAMPLE_COLUMNS: readonly string[] = Object.keys(SCHEMA);

/** The rows of `sampleTable`, one after the other. */
export function* sampleRows(samples: Iterable<EvaluatedSample>): Generator<TableRow> {
  for (const sample of samples) yield wellFormed(sampleRow(sample));
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
    choices: sample.choices === null ? null : JSON.stringify(toExactJson(sample.choices)),
    note: sample.note,
  };
}

/** UTF-8, in which tables are written, has no half of a pair of surrogates: U+FFFD stands for it. */
function wellFormed(row: TableRow): TableRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === "string" ? new TextDecoder().decode(new TextEncoder().encode(value)) : value,
    ]),
  );
}
