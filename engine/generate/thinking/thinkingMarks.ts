import { InputError } from "../../base/errors.ts";

/** Between which tokens a model thinks. */
export interface ThinkingMarks {
  /** Ids that open thinking where they stand in a row. */
  readonly open: readonly number[];
  /** The id that ends it. */
  readonly end: number;
  /** What is put there to end it: `end`, and what leads on to the answer. */
  readonly close: readonly number[];
}

/** What is needed of a tokenizer to find marks, and to write and read what stands between them. */
export interface ThinkingTokenizer {
  encode(text: string, options: { readonly addSpecialTokens: false }): number[];
  decode(ids: Iterable<number>): string;
  tokenId(token: string): number | null;
}

/**
 * The marks that a vocabulary shows: <think> and </think> as tokens, as DeepSeek, Qwen, GLM and Kimi have them, or the
 * channels of gpt-oss, where thinking is the analysis channel and <|end|> ends it. Null where it shows none.
 */
export function knownMarks(tokenizer: ThinkingTokenizer): ThinkingMarks | null {
  const [open, end] = [tokenizer.tokenId("<think>"), tokenizer.tokenId("</think>")];
  if (open !== null && end !== null) return { open: [open], end, close: [end] };
  const channelTokens = ["<|start|>", "<|channel|>", "<|message|>", "<|end|>"];
  const [start, channel, message, endOfMessage] = channelTokens.map((it) => tokenizer.tokenId(it));
  if (start == null || channel == null || message == null || endOfMessage == null) return null;
  const idsOf = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
  const answer = [start, ...idsOf("assistant"), channel, ...idsOf("final"), message];
  return {
    open: [channel, ...idsOf("analysis"), message],
    end: endOfMessage,
    close: [endOfMessage, ...answer],
  };
}

/** @throws InputError ERR_THINKING where what ends thinking is not one token */
export function givenMarks(
  what: string,
  tokenizer: ThinkingTokenizer,
  [open, end]: readonly [open: string, end: string],
): ThinkingMarks {
  const idsOf = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
  const endIds = idsOf(end);
  const [endId] = endIds;
  if (endId !== undefined && endIds.length === 1)
    return { open: idsOf(open), end: endId, close: endIds };
  throw new InputError(
    "ERR_THINKING",
    `${what} marks: expected an end of thinking that is one token, got ${JSON.stringify(end)}, which is ${endIds.length}. Choose a text that is in the vocabulary: model.tokenizer.tokenId(text) tells.`,
  );
}
