import { element } from "../render/element.ts";
import type { SampleSource } from "../render/evaluationSource.ts";
import { shortNumber } from "../render/formatNumber.ts";
import { changeText, type SamplesState } from "./data.ts";
import { placeText, type SamplePair } from "./pairs.ts";

/** One sample whole: its prompt, and of each side what was thought, replied and counted. */
export function openedSample(
  { now, before }: SamplePair,
  { names }: SamplesState,
  onClose: HTMLElement,
): HTMLElement {
  return element(
    "div",
    { class: "vt-sample" },
    element("h4", {}, `${placeText(now)} `, onClose),
    element("h5", {}, "Prompt"),
    text(now.prompt, "Prompt"),
    element(
      "div",
      { class: "vt-sample-sides" },
      side(now, before === null ? "" : names[0]),
      before === null ? null : side(before, names[1]),
    ),
  );
}

function side(sample: SampleSource, name: string): HTMLElement {
  const of = name === "" ? "" : `, ${name}`;
  return element(
    "div",
    {},
    name === "" ? null : element("h5", {}, name),
    sample.reasoning === ""
      ? null
      : element(
          "details",
          {},
          element("summary", {}, `Thought, ${sample.thinkingTokens} tokens`),
          text(sample.reasoning, `Thought${of}`),
        ),
    element("h5", {}, "Reply"),
    text(sample.reply, `Reply${of}`),
    element("h5", {}, "Judged"),
    element(
      "dl",
      {},
      ...termsOf(sample).flatMap(([term, said]) => [
        element("dt", {}, term),
        element("dd", {}, said),
      ]),
    ),
  );
}

function termsOf(sample: SampleSource): (readonly [string, string])[] {
  const { target, answer, score, note, logprob } = sample;
  const { promptTokens, thinkingTokens, answerTokens } = sample;
  return [
    ["outcome", changeText({ outcome: sample.outcome, before: null })],
    ...(target === null ? [] : [["target", target] as const]),
    ["answer", answer ?? "none found"],
    ...(score === null ? [] : [["score", String(score)] as const]),
    ["ended by", sample.finishReason],
    [
      "tokens",
      `${promptTokens} of prompt, ${thinkingTokens} of thinking, ${answerTokens} of answer`,
    ],
    ...(logprob === null ? [] : [["log probability", `${shortNumber(logprob)} nats`] as const]),
    ...(note === null ? [] : [["note", note] as const]),
  ];
}

/** A text in a box that scrolls, and that the keyboard reaches. */
function text(said: string, label: string): HTMLElement {
  return element("pre", { tabindex: 0, role: "region", "aria-label": label }, said);
}
