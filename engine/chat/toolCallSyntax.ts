import type { JsonObject } from "../base/json.ts";
import type { ToolCall } from "../template/chat.ts";
import { DSML_CLOSE, DSML_OPEN, readDsml } from "../template/dsml.ts";

/** How a family of models writes tool calls. */
export interface ToolCallSyntax {
  /** Any of these opens a block; the longest at a place counts. */
  readonly opens: readonly string[];
  /** Null where nothing but the end of the reply closes one. */
  readonly close: string | null;
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

/** Mixtral and other models of Mistral up to their tokenizer's version 3: a list of JSON objects. */
export const mistralSyntax: ToolCallSyntax = {
  opens: ["[TOOL_CALLS]"],
  close: null,
  read: (block) => {
    const list = parse(block);
    if (!Array.isArray(list) || list.length === 0) return null;
    const calls = list.map((item) =>
      isObject(item) && typeof item.name === "string" && isObject(item.arguments)
        ? {
            name: item.name,
            arguments: item.arguments,
            ...(typeof item.id === "string" && { id: item.id }),
          }
        : null,
    );
    return calls.every((item) => item !== null) ? calls : null;
  },
};

/** Kimi K2: what the template calls an id, `functions.` with the name and a number, then the arguments. */
export const kimiSyntax: ToolCallSyntax = {
  opens: ["<|tool_calls_section_begin|>"],
  close: "<|tool_calls_section_end|>",
  read: (block) => {
    const pattern =
      /\s*<\|tool_call_begin\|>\s*((?:functions\.)?([^\s<]+):\d+)\s*<\|tool_call_argument_begin\|>(.*?)<\|tool_call_end\|>\s*/gsy;
    const calls: ToolCall[] = [];
    let end = 0;
    for (const [text, id = "", name = "", json = ""] of block.matchAll(pattern)) {
      const read = call(name, json.trim());
      if (read === null) return null;
      calls.push({ ...read, id });
      end += text.length;
    }
    return end === block.length && calls.length > 0 ? calls : null;
  },
};

/** Llama 3.1 and its successors behind their tag: JSON, or for built-in tools `name.call(key="value", ...)`. */
export const llamaSyntax: ToolCallSyntax = {
  opens: ["<|python_tag|>"],
  close: null,
  read: (block) => {
    const read = readNamedParameters(block) ?? readBuiltIn(block);
    return read && [read];
  },
};

/** A JSON object of name and parameters, and nothing else in it but its type; null for any other text. */
export function readNamedParameters(text: string): ToolCall | null {
  const object = parseObject(text);
  if (object === null) return null;
  const { type = "function", name, parameters, ...more } = object;
  if (type !== "function" || Object.keys(more).length > 0) return null;
  return typeof name === "string" && name !== "" && isObject(parameters)
    ? { name, arguments: parameters }
    : null;
}

function readBuiltIn(text: string): ToolCall | null {
  const [, name, written] = /^(\w+)\.call\((.*)\)$/s.exec(text.trim()) ?? [];
  if (name === undefined || written === undefined) return null;
  const values: [string, string][] = [];
  let end = 0;
  for (const [part, key = "", value = ""] of written.matchAll(
    /(\w+)="(.*?)"(?:, (?=\w+=")|$)/gsy,
  )) {
    values.push([key, value]);
    end += part.length;
  }
  return end === written.length ? { name, arguments: Object.fromEntries(values) } : null;
}

/** A call from its name and its arguments as JSON text; null where that is no object. */
export function call(name: string, json = "{}"): ToolCall | null {
  const values = parseObject(json);
  return values && name.trim() !== ""
    ? { name: name.trim(), arguments: values, argumentsJson: json }
    : null;
}

function parseObject(text: string): JsonObject | null {
  const value = parse(text);
  return isObject(value) ? value : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
