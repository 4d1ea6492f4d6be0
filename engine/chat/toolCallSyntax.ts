import type { ToolCall } from "../tokenizer/chat.ts";
import type { JsonObject } from "../weights/checkpoint.ts";
import { DSML_CLOSE, DSML_OPEN, readDsml } from "./dsml.ts";

/** How a family of models writes tool calls. */
export interface ToolCallSyntax {
  /** Any of these opens a block; the longest at a place counts. */
  readonly opens: readonly string[];
  readonly close: string;
  /** The calls between the two; null where the block is malformed. */
  read(block: string): ToolCall[] | null;
}

/** DeepSeek-V3.2. */
export const dsmlSyntax: ToolCallSyntax = {
  opens: [`\n\n${DSML_OPEN}`, DSML_OPEN],
  close: DSML_CLOSE,
  read: readDsml,
};

/** DeepSeek-V3 and R1 (a type, the name, arguments in a fence) and V3.1 (the name, arguments). */
export const deepseekSyntax: ToolCallSyntax = {
  opens: ["<｜tool▁calls▁begin｜>"],
  close: "<｜tool▁calls▁end｜>",
  read: (block) => {
    const pattern = /\s*<｜tool▁call▁begin｜>(.*?)<｜tool▁sep｜>(.*?)<｜tool▁call▁end｜>\s*/gsy;
    const calls: (ToolCall | null)[] = [];
    let end = 0;
    for (const [text, head = "", body = ""] of block.matchAll(pattern)) {
      const [, name, fenced] = /^([^\n]*)\n```json\n(.*)\n```$/s.exec(body) ?? [];
      calls.push(name === undefined ? call(head, body) : call(name, fenced));
      end += text.length;
    }
    const read = calls.filter((item) => item !== null);
    return end === block.length && read.length === calls.length && read.length > 0 ? read : null;
  },
};

/** Qwen: one JSON object in each block. */
export const qwenSyntax: ToolCallSyntax = {
  opens: ["<tool_call>"],
  close: "</tool_call>",
  read: (block) => {
    const object = parseObject(block);
    if (typeof object?.name !== "string" || !isObject(object.arguments)) return null;
    return [{ name: object.name, arguments: object.arguments }];
  },
};

/** A call from its name and its arguments as JSON text; null where that is no object. */
export function call(name: string, json = "{}"): ToolCall | null {
  const values = parseObject(json);
  return values && name.trim() !== ""
    ? { name: name.trim(), arguments: values, argumentsJson: json }
    : null;
}

function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
