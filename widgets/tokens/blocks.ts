import type { TokenRecord } from "../../engine/trace/schema.ts";

/** Tokens [start, end) that are shown as one. */
export interface Block {
  readonly kind: "thinking" | "tool call";
  readonly start: number;
  readonly end: number;
}

/** Thinking and calls of tools, ascending, none within another: what is thought of a call is thinking. */
export function blocksOf(tokens: readonly Pick<TokenRecord, "thinking" | "toolCall">[]): Block[] {
  const blocks: Block[] = [];
  const partOf = (t: number): number | "thinking" | undefined =>
    tokens[t]?.thinking === true ? "thinking" : tokens[t]?.toolCall;
  for (let t = 0; t < tokens.length; ) {
    const start = t;
    const part = partOf(start);
    while (t < tokens.length && partOf(t) === part) t += 1;
    if (part === undefined) continue;
    blocks.push({ kind: part === "thinking" ? part : "tool call", start, end: t });
  }
  return blocks;
}
