import { groupBy } from "../../base/groupBy.ts";
import type { EvaluatedSample } from "../evaluatedSample.ts";

interface Exported {
  readonly samples: readonly EvaluatedSample[];
}

/**
 * A line of JSON for each sample, with the fields of lm-evaluation-harness's samples_*.jsonl that its readers need: doc_id, doc, target,
 * arguments, resps, filtered_resps, filter, metrics and a value for each. Epochs are its repeats: all of one sample and arm are one line. Its
 * hashes are left out: they are of its own text of a document.
 */
export function lmEvalSamples({ samples }: Exported): string {
  const keyOf = ({ edits, thinking, sample }: EvaluatedSample) =>
    JSON.stringify([edits, thinking, sample]);
  const documents = groupBy(samples, keyOf);
  return [...documents.values()].map((epochs) => `${JSON.stringify(lineOf(epochs))}\n`).join("");
}

function lineOf(epochs: readonly EvaluatedSample[]) {
  const [first] = epochs as [EvaluatedSample];
  const { index, sample, edits, thinking, target, prompt, choices } = first;
  const doc = {
    id: sample,
    ...(edits !== null && { edits }),
    ...(thinking !== null && { thinking }),
  };
  const mean = (of: (it: EvaluatedSample) => number) =>
    epochs.reduce((sum, it) => sum + of(it), 0) / epochs.length;
  const right = mean(({ outcome }) => Number(outcome === "right"));
  if (choices !== null) {
    const resps = choices.map(({ logprob }) => [[String(logprob), "False"]]);
    return {
      doc_id: index,
      doc,
      target: choices.findIndex(({ isRight }) => isRight),
      arguments: choices.map(({ text }) => [prompt, text]),
      resps,
      filtered_resps: resps.flat(),
      filter: "none",
      metrics: ["acc"],
      acc: right,
    };
  }
  return {
    doc_id: index,
    doc,
    target,
    arguments: [[prompt, {}]],
    resps: [epochs.map(({ reply }) => reply)],
    filtered_resps: epochs.map(({ answer, reply }) => answer ?? reply),
    filter: "none",
    metrics: ["exact_match"],
    exact_match: right,
  };
}
