import type { PreparedSample, PreparedTask } from "../../engine/evaluate/preparedTask.ts";
import { promptIds } from "../../engine/evaluate/promptIds.ts";
import type { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";

/** Tokens that a model reads of a task, asked once. */
export interface PromptCount {
  /** Sequences: a sample has one, and one for each choice where choices are compared. */
  readonly sequences: number;
  readonly tokens: number;
  /** False: a bound, a token for every byte, without what a template adds. */
  readonly isExact: boolean;
}

/** @param tokenizer null where it is not here @throws as `tokenizer.encodeChat` */
export function countPrompts({ samples }: PreparedTask, tokenizer: Tokenizer | null): PromptCount {
  const lengths = samples.flatMap((sample) =>
    tokenizer === null
      ? bytesOf(sample)
      : promptIds({ tokenizer }, sample, { chat: {} }).map(({ length }) => length),
  );
  return {
    sequences: lengths.length,
    tokens: lengths.reduce((sum, length) => sum + length, 0),
    isExact: tokenizer !== null,
  };
}

/** No token is shorter than a byte. */
function bytesOf({ input, choices }: PreparedSample): number[] {
  const texts =
    input.kind === "messages" ? input.messages.map(({ content }) => content) : [input.prompt];
  const length = texts.reduce<number>((sum, text) => sum + lengthOf(text), 0);
  return choices === null ? [length] : choices.texts.map((text) => length + lengthOf(text));
}

/** Token ids are counted, parts of a message by their JSON. */
function lengthOf(text: unknown): number {
  if (text === undefined || text === null) return 0;
  if (Array.isArray(text) && text.every((id) => typeof id === "number")) return text.length;
  return Buffer.byteLength(typeof text === "string" ? text : JSON.stringify(text));
}
