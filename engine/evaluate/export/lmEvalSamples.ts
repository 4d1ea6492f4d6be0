import { groupBy } from "../../base/groupBy.ts";
import type { EvaluatedSample } from "../evaluatedSample.ts";

interface Exported {
  readonly samples: readonly EvaluatedSample[];
}

/**
 * A line of JSON for each sample, as lm-evaluation-harness 0.4.13 writes samples_*.jsonl: doc_id, doc, target, arguments, resps, filtered_resps,
 * filter, metrics and a value for each; what a model said is text there, numbers too. Epochs are its repeats: all of one sample and arm are
 * one line. Its hashes are left out: they are of its own text of a document. Whether a choice is the greedy one is not known: "None".
 */
export function* lmEvalLines({ samples }: Exported): Generator<string> {
  const keyOf = ({ edits, thinking, sample }: EvaluatedSample) =>
    JSON.stringify([edits, thinking, sample]);
  const documents = groupBy(samples, keyOf);
  for (const epochs of documents.values()) yield `${JSON.stringify(lineOf(epochs))}\n`;
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
    const resps = choices.map(({ logprob }) => [[String(logprob), "None"]]);
    return {
      doc_id: index,
      doc,
      target: String(choices.findIndex(({ isRight }) => isRight)),
      arguments: requests(choices.map(({ text }) => [prompt, text])),
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
    target: String(target),
    arguments: requests([[prompt, {}]]),
    resps: [epochs.map(({ reply }) => reply)],
    filtered_resps: epochs.map(({ answer, reply }) => answer ?? reply),
    filter: "none",
    metrics: ["exact_match"],
    exact_match: right,
  };
}

/** What the model was asked, in the form in which files have it. */
function requests(all: readonly (readonly [context: string, other: string | object])[]) {
  return Object.fromEntries(
    all.map(([context, other], i) => [`gen_args_${i}`, { arg_0: context, arg_1: other }]),
  );
}
