import type { ChatTool } from "../template/chat.ts";
import type { ToolCallSyntax } from "./toolCallSyntax.ts";
import { typedValue } from "./typedValue.ts";

/** GLM-4.5 to 4.7: the name, then a key and a value in tags for each argument; 4.5 puts each on a line of its own. */
export function glmSyntax(tools: readonly ChatTool[]): ToolCallSyntax {
  return {
    opens: ["<tool_call>"],
    close: "</tool_call>",
    read: (block) => {
      const [, name = "", body = ""] = /^\s*([^\s<{]+)\s*(<arg_key>.*)?$/s.exec(block) ?? [];
      const argument = /<arg_key>(.*?)<\/arg_key>\s*<arg_value>(.*?)<\/arg_value>\s*/gsy;
      const values: [string, unknown][] = [];
      let end = 0;
      for (const [text, key = "", value = ""] of body.matchAll(argument)) {
        values.push([key, typedValue(tools, name, key, value)]);
        end += text.length;
      }
      if (name === "" || end !== body.length) return null;
      return [{ name, arguments: Object.fromEntries(values) }];
    },
  };
}
