import { InputError } from "./base/errors.ts";
import { extendContext } from "./model/extendContext.ts";
import type { ModelSpec } from "./model/spec.ts";
import type { SweepPair } from "./sweep/sweepOptions.ts";
import type { ChatMessage } from "./template/chat.ts";
import { originOf, type PromptOrigin } from "./template/promptOrigin.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";

/** Text (the tokenizer adds its special tokens), token ids as they are, or a conversation for the chat template. */
export type ModelInput = string | readonly number[] | readonly ChatMessage[];

/** The model that reads an input. */
interface InputReader {
  readonly name: string;
  readonly spec: ModelSpec;
  /** @throws ConfigError ERR_TOKENIZER_MISSING, ERR_TOKENIZER where there is none */
  readonly tokenizer: () => Tokenizer;
  /** The same, or null where there is none. */
  readonly names: Tokenizer | null;
}

/**
 * The input as token ids that the model has rows for.
 * @param reserve positions that must stay free behind the prompt
 * @throws InputError ERR_PROMPT, ERR_PROMPT_EMPTY, ERR_PROMPT_TOO_LONG, ERR_TOKEN_ID; ConfigError as the tokenizer
 */
export function readInput(reader: InputReader, input: ModelInput, reserve = 0): number[] {
  const ids = encode(reader, input);
  const { name, spec } = reader;
  const { contextLength, nVocab } = spec;
  if (ids.length === 0)
    throw new InputError(
      "ERR_PROMPT_EMPTY",
      "prompt: expected at least one token, got none. Pass some text or token ids.",
    );
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= nVocab);
  if (wrong !== undefined) throw wrongId(reader, wrong);
  if (ids.length + reserve > contextLength)
    throw new InputError(
      "ERR_PROMPT_TOO_LONG",
      `prompt: expected at most ${contextLength - reserve} tokens (the context of ${name} is ${contextLength}), got ${ids.length}. ${extendContext(spec, ids.length + reserve)}`,
    );
  return ids;
}

/**
 * Where the ids of an input that `readInput` took come from, told when it is asked; what becomes of the input meanwhile changes nothing.
 * @param tokenizer what read it, where that was text
 */
export function inputOrigin(tokenizer: Tokenizer | null, input: ModelInput): () => PromptOrigin {
  if (typeof input === "string")
    return () => ({ from: "text", text: input, encoder: null, template: null });
  if (tokenizer === null || isIds(input)) {
    const origin = originOf(input as readonly number[]);
    return () => origin;
  }
  const messages = [...input];
  return () => {
    const text = tokenizer.renderChat(messages, chatOptions(messages));
    const encoder = tokenizer.chatEncoder;
    return { from: "chat", text, encoder, template: encoder === "jinja" ? "default" : null };
  };
}

function isIds(input: Exclude<ModelInput, string>): input is readonly number[] {
  return (input as readonly unknown[]).every((item) => typeof item === "number");
}

/** A conversation that ends with its user's words waits for the assistant. */
function chatOptions(messages: readonly ChatMessage[]) {
  return { addGenerationPrompt: messages.at(-1)?.role !== "assistant" };
}

/** @throws InputError ERR_PROMPT where it is no list */
export function checkInputs(what: string, inputs: unknown): readonly ModelInput[] {
  if (Array.isArray(inputs)) return inputs;
  throw new InputError(
    "ERR_PROMPT",
    `${what} prompts: expected a list of prompts, got ${typeof inputs}. Write model.${what}([prompt, ...]).`,
  );
}

/** Several pairs of a prompt and what goes with it, not one prompt. */
export function isPairs<Pair extends SweepPair<ModelInput>>(
  input: ModelInput | readonly Pair[],
): input is readonly Pair[] {
  if (!Array.isArray(input) || input.length === 0) return false;
  return input.every((item) => typeof item === "object" && item !== null && "prompt" in item);
}

function encode(reader: InputReader, input: ModelInput): number[] {
  if (typeof input === "string") return reader.tokenizer().encode(input);
  if (Array.isArray(input) && isIds(input)) return [...input];
  if (Array.isArray(input) && input.every((item) => typeof item === "object" && item !== null)) {
    const messages = input as readonly ChatMessage[];
    return reader.tokenizer().encodeChat(messages, chatOptions(messages));
  }
  throw new InputError(
    "ERR_PROMPT",
    `prompt: expected text, an array of token ids or an array of chat messages, got ${Array.isArray(input) ? "a mixed array" : typeof input}. Pass one of these.`,
  );
}

function wrongId({ name, spec: { nVocab }, names }: InputReader, wrong: number): InputError {
  const isOfTokenizer =
    names !== null && Number.isInteger(wrong) && wrong >= 0 && wrong < names.vocabularySize;
  return new InputError(
    "ERR_TOKEN_ID",
    isOfTokenizer
      ? `prompt: expected a tokenizer with ids from 0 to ${nVocab - 1}, as the embedding of ${name} has ${nVocab} rows, got the id ${wrong} for ${JSON.stringify(names.tokenText(wrong))}. The tokenizer.json belongs to another checkpoint: put this one's beside the weights.`
      : `prompt: expected token ids from 0 to ${nVocab - 1}, got ${wrong}. Encode the text with model.tokenizer.`,
  );
}
