import type { RemoteError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import { checkUsage } from "../price/usage.ts";
import type { UsageRecord } from "../trace/schema.ts";

/** A token of a reply, or a piece of text where the server tells no tokens apart. */
export interface RemoteToken {
  /** Text that became certain with it; empty inside a split character. */
  readonly text: string;
  /** Natural log of its probability as the server tells it; null without `topLogprobs`. */
  readonly logprob: number | null;
  /** The likeliest at its place, as the server tells them; null without `topLogprobs`. */
  readonly likeliest: readonly { readonly text: string; readonly logprob: number }[] | null;
}

/** A part of a call of a tool; parts with the same number belong together. */
export interface CallPart {
  readonly index: number;
  readonly id: string | null;
  readonly name: string;
  /** A piece of JSON. */
  readonly arguments: string;
}

/** What one event of a stream brings, or an answer that comes whole. */
export interface WirePiece {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly CallPart[];
  /** Their texts need not add up to `text`: a server may write bytes that are no text in its own way. */
  readonly tokens: readonly RemoteToken[];
  readonly finishReason: string | null;
  readonly usage: UsageRecord | null;
  /** vLLM's `routed_experts`, or what `vitrine serve` has under `vitrine`. */
  readonly routes: string | JsonObject | null;
}

/** @param refuse what to throw for another form @throws what `refuse` makes */
export function readPiece(event: JsonObject, refuse: () => RemoteError): WirePiece {
  if (!Array.isArray(event.choices)) throw refuse();
  // Of several replies, which are not asked for, the first.
  const choice: unknown = event.choices.find((one) => isObject(one) && (one.index ?? 0) === 0);
  const usage = readUsage(event.usage, refuse);
  const routes = ownRoutes(event.vitrine);
  if (!isObject(choice)) return { ...NOTHING, usage, routes };
  const said = [choice.delta, choice.message].find(isObject) ?? choice;
  return {
    text: textOf(said.content ?? said.text),
    reasoning: textOf(said.reasoning_content ?? said.reasoning),
    calls: callsOf(said.tool_calls, refuse),
    tokens: tokensOf(choice.logprobs),
    finishReason: typeof choice.finish_reason === "string" ? choice.finish_reason : null,
    usage,
    routes: typeof choice.routed_experts === "string" ? choice.routed_experts : routes,
  };
}

const NOTHING: WirePiece = {
  text: "",
  reasoning: "",
  calls: [],
  tokens: [],
  finishReason: null,
  usage: null,
  routes: null,
};

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** `vitrine serve` tells them behind the last choice, where `extra: { vitrine: { routes: true } }` asks for them. */
function ownRoutes(given: unknown): JsonObject | null {
  const [first] = isObject(given) && Array.isArray(given.choices) ? given.choices : [];
  return isObject(first) && isObject(first.routes) ? first.routes : null;
}

function callsOf(given: unknown, refuse: () => RemoteError): CallPart[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw refuse();
  return given.map((part: unknown, i): CallPart => {
    if (!isObject(part)) throw refuse();
    const made = isObject(part.function) ? part.function : {};
    return {
      index: typeof part.index === "number" ? part.index : i,
      id: typeof part.id === "string" && part.id !== "" ? part.id : null,
      name: textOf(made.name),
      arguments: textOf(made.arguments),
    };
  });
}

/** Chat has a list under `content`, and some servers one of the reasoning before it; completions have lists side by side. */
function tokensOf(logprobs: unknown): RemoteToken[] {
  if (!isObject(logprobs)) return [];
  const ofChat = [logprobs.reasoning_content, logprobs.content].filter((list) =>
    Array.isArray(list),
  );
  if (ofChat.length > 0) return ofChat.flat().filter(isObject).map(chatToken);
  const { tokens, token_logprobs: values, top_logprobs: likeliest } = logprobs;
  if (!Array.isArray(tokens)) return [];
  return tokens.map((token: unknown, i) => ({
    text: textOf(token),
    logprob: numberOf(Array.isArray(values) ? values[i] : null),
    likeliest: listOf(Array.isArray(likeliest) ? likeliest[i] : null),
  }));
}

function chatToken(token: JsonObject): RemoteToken {
  const likeliest = Array.isArray(token.top_logprobs) ? token.top_logprobs.filter(isObject) : [];
  return {
    text: textOf(token.token),
    logprob: numberOf(token.logprob),
    likeliest: likeliest.map((one) => ({
      text: textOf(one.token),
      logprob: numberOf(one.logprob) ?? Number.NaN,
    })),
  };
}

const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** Completions write them as an object from text to logarithm. */
function listOf(given: unknown): RemoteToken["likeliest"] {
  if (!isObject(given)) return null;
  return Object.entries(given)
    .map(([text, logprob]) => ({ text, logprob: numberOf(logprob) ?? Number.NaN }))
    .sort((a, b) => b.logprob - a.logprob);
}

/** Parts that a server does not tell of are 0. */
function readUsage(given: unknown, refuse: () => RemoteError): UsageRecord | null {
  if (!isObject(given)) return null;
  const { prompt_tokens: input, completion_tokens: output = 0, total_tokens: total } = given;
  const details = (value: unknown): JsonObject => (isObject(value) ? value : {});
  const cached =
    details(given.prompt_tokens_details).cached_tokens ?? given.prompt_cache_hit_tokens ?? 0;
  const reasoning = details(given.completion_tokens_details).reasoning_tokens ?? 0;
  // Some servers leave reasoning out of the output and count it in the total alone.
  const isBeside =
    Number(reasoning) > 0 && total === Number(input) + Number(output) + Number(reasoning);
  const usage = {
    inputTokens: input,
    cachedInputTokens: cached,
    outputTokens: isBeside ? Number(output) + Number(reasoning) : output,
    reasoningTokens: reasoning,
  };
  try {
    checkUsage("usage", usage);
    return usage;
  } catch {
    throw refuse();
  }
}
