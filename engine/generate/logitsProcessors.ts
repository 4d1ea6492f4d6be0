import { biasSequences } from "./processors/biasSequences.ts";
import { forbidRepeatedNgrams } from "./processors/forbidRepeatedNgrams.ts";
import { forbidTokens } from "./processors/forbidTokens.ts";
import { forceTokens } from "./processors/forceTokens.ts";
import type { LogitsProcessor, TokensBefore } from "./processors/logitsProcessor.ts";
import { penalizeOccurrences } from "./processors/penalizeOccurrences.ts";
import { penalizeRepetition } from "./processors/penalizeRepetition.ts";
import type { Sampling } from "./samplingOptions.ts";

/** What processors need to know of a generation. */
export interface TextBounds {
  /** Ids that end the text. */
  readonly eosIds: readonly number[];
  /** Tokens that may be generated. */
  readonly maxTokens: number;
}

/**
 * What changes logits before a token is chosen, in the order in which transformers 5.18 applies its logits processors; it has
 * no penalties of occurrences and no bias of single tokens, which come behind the penalty of repetitions.
 */
export function logitsProcessors(
  sampling: Sampling,
  { eosIds, maxTokens }: TextBounds,
): LogitsProcessor[] {
  const { sequenceBias, repetitionPenalty, presencePenalty, frequencyPenalty } = sampling;
  const { noRepeatNgramSize, badWordsIds, minTokens, suppressTokens } = sampling;
  const { forcedBosId, forcedEosIds, beginSuppressTokens } = sampling;
  const biases = Object.entries(sampling.logitBias).map(
    ([id, add]) => [[Number(id)], add] as const,
  );
  const badWords = badWordsIds
    .filter((ids) => ids.length > 1 || !eosIds.includes(ids[0] as number))
    .map((ids) => [ids, Number.NEGATIVE_INFINITY] as const);
  const generated = ({ ids, nPrompt }: TokensBefore) => ids.length - nPrompt;
  const isBegin = (before: TokensBefore) => {
    const isForced = before.nPrompt === 1 && forcedBosId !== null;
    return generated(before) === (isForced ? 1 : 0);
  };
  const steps: (LogitsProcessor | false)[] = [
    sequenceBias.length > 0 && biasSequences("sequenceBias", sequenceBias),
    repetitionPenalty !== 1 && penalizeRepetition(repetitionPenalty),
    (presencePenalty !== 0 || frequencyPenalty !== 0) &&
      penalizeOccurrences(presencePenalty, frequencyPenalty),
    biases.length > 0 && biasSequences("logitBias", biases),
    noRepeatNgramSize > 0 && forbidRepeatedNgrams(noRepeatNgramSize),
    badWords.length > 0 && biasSequences("badWordsIds", badWords),
    minTokens > 0 && eosIds.length > 0 && forbidTokens(eosIds, (it) => generated(it) < minTokens),
    forcedBosId !== null &&
      forceTokens("forcedBosId", [forcedBosId], ({ ids }) => ids.length === 1),
    forcedEosIds.length > 0 &&
      forceTokens("forcedEosIds", forcedEosIds, (it) => generated(it) === maxTokens - 1),
    suppressTokens.length > 0 && forbidTokens(suppressTokens, () => true),
    beginSuppressTokens.length > 0 && forbidTokens(beginSuppressTokens, isBegin),
  ];
  return steps.filter((step) => step !== false);
}
