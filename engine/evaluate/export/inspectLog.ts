import type { EvaluatedSample } from "../evaluatedSample.ts";
import type { EvaluationAbout } from "../evaluationAbout.ts";
import type { MetricRow } from "../evaluationMetrics.ts";

/** A log of Inspect's, as far as it is filled: version 2 of its JSON. */
export interface InspectLog {
  readonly version: 2;
  readonly status: "success";
  readonly eval: Readonly<Record<string, unknown>>;
  readonly results: Readonly<Record<string, unknown>>;
  readonly samples: readonly Readonly<Record<string, unknown>>[];
}

interface Exported {
  readonly about: EvaluationAbout;
  readonly samples: readonly EvaluatedSample[];
  readonly metrics: readonly MetricRow[];
}

/** No time is told, as two evaluations of the same would differ in it; Inspect wants one. */
const NO_TIME = "1970-01-01T00:00:00+00:00";
const SCORER = "vitrine";

/**
 * A log in the JSON that Inspect's EvalLog documents: eval, results and samples with their messages and scores. Arms are told apart in a sample's
 * id and metadata. What Inspect records beside it (events, stores, sandboxes) is not there.
 * @see https://inspect.aisi.org.uk/eval-logs.html
 */
export function inspectLog({ about, samples, metrics }: Exported): InspectLog {
  const ids = [...new Set(samples.map(idOf))];
  return {
    version: 2,
    status: "success",
    eval: {
      created: NO_TIME,
      task: about.task,
      task_id: about.task,
      task_version: 0,
      run_id: about.task,
      eval_id: about.task,
      model: `vitrine/${about.model}`,
      dataset: { name: about.task, samples: ids.length, sample_ids: ids, shuffled: false },
      config: { epochs: about.epochs },
      metadata: { model_hash: about.modelHash, seed: about.seed },
    },
    results: {
      total_samples: samples.length,
      completed_samples: samples.length,
      scores: [
        {
          name: SCORER,
          scorer: SCORER,
          params: {},
          metrics: Object.fromEntries(
            metrics.map((row) => [
              metricName(row),
              { name: metricName(row), value: row.value, params: {} },
            ]),
          ),
        },
      ],
    },
    samples: samples.map((sample) => sampleLog(sample, about.model)),
  };
}

function sampleLog(sample: EvaluatedSample, model: string) {
  const { outcome, answer, reply, reasoning, note, prompt, target } = sample;
  const value = outcome === "right" ? "C" : outcome === "wrong" ? "I" : "N";
  const content =
    reasoning === ""
      ? reply
      : [
          { type: "reasoning", reasoning },
          { type: "text", text: reply },
        ];
  const message = { role: "assistant", content, source: "generate", model };
  const choice = { message, stop_reason: sample.finishReason === "length" ? "max_tokens" : "stop" };
  return {
    id: idOf(sample),
    epoch: sample.epoch + 1, // Inspect counts from 1
    input: prompt,
    target: target ?? "",
    messages: [{ role: "user", content: prompt, source: "input" }, message],
    output: {
      model,
      choices: [choice],
      completion: reply,
      usage: {
        input_tokens: sample.promptTokens,
        output_tokens: sample.thinkingTokens + sample.answerTokens,
        total_tokens: sample.promptTokens + sample.thinkingTokens + sample.answerTokens,
        reasoning_tokens: sample.thinkingTokens,
      },
    },
    scores: { [SCORER]: { value, answer, explanation: note, metadata: { score: sample.score } } },
    metadata: { edits: sample.edits, thinking: sample.thinking, seed: sample.seed },
  };
}

function idOf({ sample, edits, thinking }: EvaluatedSample): string {
  return [sample, ...[edits, thinking].filter((part) => part !== null)].join(" / ");
}

function metricName({ metric, edits, thinking }: MetricRow): string {
  return [metric, ...[edits, thinking].filter((part) => part !== null)].join(" / ");
}
