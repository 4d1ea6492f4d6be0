import { checkFlag, checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import { GENERATE_OPTIONS } from "../generate/generateOptions.ts";
import type { SamplingOptions } from "../generate/samplingOptions.ts";
import { SAMPLING_RULES } from "../generate/samplingRules.ts";
import type { ChatTool } from "../template/chat.ts";
import { toolsOf } from "../template/toolMessages.ts";

/** Options of sampling that servers have, with the names that they have there. */
const SAMPLING_FIELDS = {
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  minP: "min_p",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  repetitionPenalty: "repetition_penalty",
  minTokens: "min_tokens",
  logitBias: "logit_bias",
  seed: "seed",
} as const satisfies Partial<Record<keyof SamplingOptions, string>>;

/** How a server continues a prompt. What is left out is as the server has it. */
export interface RemoteGenerateOptions extends Pick<SamplingOptions, keyof typeof SAMPLING_FIELDS> {
  readonly maxTokens?: number;
  /** Texts that end the reply; they do not become part of it. */
  readonly stop?: readonly string[];
  /** Go on behind end tokens, at servers that can. */
  readonly ignoreEos?: boolean;
  /** Ask for the logarithm of every token's probability, and for so many of the likeliest beside it. Default: not asked for. */
  readonly topLogprobs?: number;
  /** Take the reply as it comes; false: whole, as vLLM needs it to tell `routed_experts`. Default true. */
  readonly stream?: boolean;
  /** Ends the request; the reply then has the finishReason "aborted". */
  readonly signal?: AbortSignal;
  /** Further fields of the request as the server has them, e.g. `{ max_completion_tokens: 100 }`. */
  readonly extra?: JsonObject;
}

/** How a server replies to a conversation. */
export interface RemoteChatOptions extends RemoteGenerateOptions {
  /** Functions the model may call. */
  readonly tools?: readonly ChatTool[];
  /**
   * true or false: the template's variables `thinking` and `enable_thinking`, at servers that pass them on
   * (`chat_template_kwargs`); a word: `reasoning_effort`. Default: the server's.
   */
  readonly thinking?: boolean | "low" | "medium" | "high";
}

const GENERATE: OptionNames<RemoteGenerateOptions> = {
  ...(Object.fromEntries(Object.keys(SAMPLING_FIELDS).map((name) => [name, true])) as OptionNames<
    Pick<SamplingOptions, keyof typeof SAMPLING_FIELDS>
  >),
  maxTokens: true,
  stop: true,
  ignoreEos: true,
  topLogprobs: true,
  stream: true,
  signal: true,
  extra: true,
};

const CHAT: OptionNames<RemoteChatOptions> = { ...GENERATE, tools: true, thinking: true };

/** Fields that the request has of itself. */
const OWN_FIELDS = ["model", "messages", "prompt", "stream", "stream_options", "n"];

/** The fields of a completion. @throws InputError ERR_OPTION, ERR_REMOTE_CANNOT */
export function generateFields(options: RemoteGenerateOptions): JsonObject {
  check("remote generate", options, GENERATE);
  const { topLogprobs } = options;
  return {
    ...sharedFields("remote generate", options),
    ...(topLogprobs !== undefined && { logprobs: topLogprobs }),
    ...options.extra,
  };
}

/** The fields of a chat completion, all but the messages. @throws InputError ERR_OPTION, ERR_REMOTE_CANNOT, ERR_CHAT */
export function chatFields(options: RemoteChatOptions): JsonObject {
  check("remote chat", options, CHAT);
  const { topLogprobs, thinking } = options;
  const tools = toolsOf(options.tools);
  if (thinking !== undefined && ![true, false, "low", "medium", "high"].includes(thinking))
    throw wrong("remote chat thinking", 'true, false, "low", "medium" or "high"', thinking);
  return {
    ...sharedFields("remote chat", options),
    ...(topLogprobs !== undefined && { logprobs: true, top_logprobs: topLogprobs }),
    ...(tools.length > 0 && {
      tools: tools.map((tool) => ({ type: "function", function: tool })),
    }),
    ...(typeof thinking === "string" && { reasoning_effort: thinking }),
    ...(typeof thinking === "boolean" && {
      chat_template_kwargs: { thinking, enable_thinking: thinking },
    }),
    ...options.extra,
  };
}

function check(what: string, options: unknown, names: Readonly<Record<string, true>>): void {
  const inner = isObject(options)
    ? Object.keys(options).find((name) => !Object.hasOwn(names, name) && isLocal(name))
    : undefined;
  if (inner !== undefined)
    throw new InputError(
      "ERR_REMOTE_CANNOT",
      `${what}: expected options that a server can carry out, got ${JSON.stringify(inner)}. Load the model's checkpoint with loadModel, whose ${what.split(" ")[1]} has it, or leave it out.`,
    );
  checkOptions(what, options, names);
}

const isLocal = (name: string): boolean => Object.hasOwn(GENERATE_OPTIONS, name);

function sharedFields(what: string, options: RemoteGenerateOptions): JsonObject {
  const { maxTokens, stop, ignoreEos, topLogprobs, stream = true, extra } = options;
  checkSignals(what, options);
  for (const [name, value] of Object.entries({ ignoreEos, stream }))
    checkFlag(`${what} ${name}`, value);
  if (maxTokens !== undefined && !(Number.isSafeInteger(maxTokens) && maxTokens > 0))
    throw wrong(`${what} maxTokens`, "a whole number above 0", maxTokens);
  if (topLogprobs !== undefined && !(Number.isSafeInteger(topLogprobs) && topLogprobs >= 0))
    throw wrong(`${what} topLogprobs`, "a whole number of at least 0", topLogprobs);
  const isStop = (text: unknown) => typeof text === "string" && text !== "";
  if (stop !== undefined && !(Array.isArray(stop) && stop.every(isStop)))
    throw wrong(`${what} stop`, "a list of texts", stop);
  if (extra !== undefined && !isObject(extra)) throw wrong(`${what} extra`, "an object", extra);
  const own = Object.keys(extra ?? {}).find((name) => OWN_FIELDS.includes(name));
  if (own !== undefined)
    throw wrong(`${what} extra`, `fields other than ${OWN_FIELDS.join(", ")}`, own);
  return {
    stream,
    ...(stream && { stream_options: { include_usage: true } }),
    ...samplingFields(what, options),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(stop !== undefined && stop.length > 0 && { stop }),
    ...(ignoreEos !== undefined && { ignore_eos: ignoreEos }),
  };
}

function samplingFields(what: string, options: RemoteGenerateOptions): JsonObject {
  const given = Object.entries(SAMPLING_FIELDS).flatMap(([name, field]) => {
    const value = options[name as keyof typeof SAMPLING_FIELDS];
    if (value === undefined) return [];
    const { holds, expected, fix } = SAMPLING_RULES[name as keyof typeof SAMPLING_FIELDS];
    if (!holds(value)) throw wrong(`${what} ${name}`, expected, value, fix);
    return [[field, value] as const];
  });
  return Object.fromEntries(given);
}

function wrong(what: string, expected: string, got: unknown, fix = "Correct it."): InputError {
  const shown = typeof got === "number" ? String(got) : JSON.stringify(got);
  return new InputError("ERR_OPTION", `${what}: expected ${expected}, got ${shown}. ${fix}`);
}
