/** Tokens [start, end) that are shown as one. */
export interface Block {
  readonly kind: "thinking" | "tool call";
  readonly start: number;
  readonly end: number;
}

/** The marks of DeepSeek, of Hermes, Qwen and GLM, and of Kimi, where they are tokens of their own. */
const CALLS: Readonly<Record<string, string>> = {
  "<｜tool▁calls▁begin｜>": "<｜tool▁calls▁end｜>",
  "<tool_call>": "</tool_call>",
  "<|tool_calls_section_begin|>": "<|tool_calls_section_end|>",
};

/**
 * Thinking and tool calls, ascending, none within another. A call without its end goes to the end of the text.
 * @param texts (T)
 * @param isThinking of the token at a position
 */
export function blocksOf(
  texts: readonly string[],
  isThinking: (token: number) => boolean,
): Block[] {
  const blocks: Block[] = [];
  let t = 0;
  while (t < texts.length) {
    const start = t;
    const close = CALLS[texts[t] ?? ""];
    if (isThinking(t)) {
      while (t < texts.length && isThinking(t)) t += 1;
      blocks.push({ kind: "thinking", start, end: t });
    } else if (close !== undefined) {
      while (t < texts.length && texts[t] !== close && !isThinking(t)) t += 1;
      if (texts[t] === close) t += 1;
      blocks.push({ kind: "tool call", start, end: t });
    } else t += 1;
  }
  return blocks;
}
