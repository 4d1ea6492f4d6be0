import type { ChatTool } from "../template/chat.ts";
import type { ToolCallSyntax } from "./toolCallSyntax.ts";
import { typedValue } from "./typedValue.ts";

/** Qwen3-Coder and what follows it: a function, and its parameters in tags with their names, each value on lines of its own. */
export function qwenCoderSyntax(tools: readonly ChatTool[]): ToolCallSyntax {
  return {
    opens: ["<tool_call>"],
    close: "</tool_call>",
    read: (block) => {
      const [, name = "", body = ""] =
        /^\s*<function=([^\s>]+)>\s*(.*?)<\/function>\s*$/s.exec(block) ?? [];
      const parameter = /<parameter=([^>]+)>\n?(.*?)\n?<\/parameter>\s*/gsy;
      const values: [string, unknown][] = [];
      let end = 0;
      for (const [text, key = "", value = ""] of body.matchAll(parameter)) {
        values.push([key, typedValue(tools, name, key, value)]);
        end += text.length;
      }
      if (name === "" || end !== body.length) return null;
      return [{ name, arguments: Object.fromEntries(values) }];
    },
  };
}
