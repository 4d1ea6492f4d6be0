import { armLabel, type SampleSource } from "../render/evaluationSource.ts";
import { type Table, type TableColumn, wholeColumn } from "../render/table.ts";
import type { SamplePair } from "./pairs.ts";

/** A row for each sample, epoch and arm, in the order of the evaluation; beside another one with what it has. */
export function samplesTables(pairs: readonly SamplePair[]): Table[] {
  const text = (name: string, at: (pair: SamplePair) => string | null): TableColumn => ({
    name,
    values: pairs.map(at),
  });
  const whole = (name: string, at: (now: SampleSource) => number, unit?: string): TableColumn => ({
    ...wholeColumn(name, pairs.length, (row) => at((pairs[row] as SamplePair).now)),
    ...(unit !== undefined && { unit }),
  });
  const hasBefore = pairs[0]?.before != null;
  const before = [
    text("outcome before", ({ before: other }) => other?.outcome ?? null),
    text("answer before", ({ before: other }) => other?.answer ?? null),
    text("reply before", ({ before: other }) => other?.reply ?? null),
  ];
  return [
    {
      name: "samples",
      columns: [
        text("sample", ({ now }) => now.sample),
        whole("epoch", ({ epoch }) => epoch),
        text("arm", ({ now }) => armLabel(now)),
        text("outcome", ({ now }) => now.outcome),
        { name: "score", values: pairs.map(({ now }) => now.score) },
        text("target", ({ now }) => now.target),
        text("answer", ({ now }) => now.answer),
        text("prompt", ({ now }) => now.prompt),
        text("thought", ({ now }) => now.reasoning),
        text("reply", ({ now }) => now.reply),
        text("ended by", ({ now }) => now.finishReason),
        whole("prompt tokens", ({ promptTokens }) => promptTokens, "tokens"),
        whole("thinking", ({ thinkingTokens }) => thinkingTokens, "tokens"),
        whole("answered", ({ answerTokens }) => answerTokens, "tokens"),
        { name: "log probability", unit: "nats", values: pairs.map(({ now }) => now.logprob) },
        ...(hasBefore ? before : []),
      ],
    },
  ];
}
