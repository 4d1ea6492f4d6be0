interface Neutral {
  /** Values that ask for nothing; "any": none does. */
  readonly values: "any" | readonly unknown[];
  /** What another value asks for. */
  readonly asksFor: string;
}

const anything = { values: "any", asksFor: "" } as const;
const only = (values: readonly unknown[], asksFor: string): Neutral => ({ values, asksFor });

/**
 * Fields of OpenAI's API that are accepted where they ask for nothing, since clients send them unasked, and refused with any
 * other value. docs/serve.md lists them.
 */
export const NEUTRAL_FIELDS: Readonly<Record<string, Neutral>> = {
  user: anything,
  safety_identifier: anything,
  metadata: anything,
  prompt_cache_key: anything,
  service_tier: only(["auto", "default"], "It asks for other prices and times"),
  store: only([false], "It asks for the text to be stored"),
  parallel_tool_calls: only([true], "It asks for no more than one call"),
  response_format: only([{ type: "text" }], "It asks for a text that follows a grammar"),
  modalities: only([["text"]], "It asks for other answers than text"),
  verbosity: only(["medium"], "It asks for longer or shorter answers"),
  best_of: only([1], "It asks for the best of several texts"),
  echo: only([false], "It asks for the prompt to be repeated"),
  suffix: only([], "It asks for what stands before a text"),
  audio: only([], "It asks for speech"),
  prediction: only([], "It asks for a text to be foreseen"),
  web_search_options: only([], "It asks for a search"),
  functions: only([], "It is the older form of tools"),
  function_call: only([], "It is the older form of tool_choice"),
};
