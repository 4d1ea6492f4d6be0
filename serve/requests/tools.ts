import type { ChatTool } from "../../engine/index.node.ts";
import { ApiError, fieldError } from "../apiError.ts";
import { isObject } from "./json.ts";

/**
 * Functions that the model may call, in the engine's form; none where `tool_choice` is "none".
 * @throws ApiError for other tools than functions, a grammar for arguments, or a call that is demanded
 */
export function chatTools(tools: readonly unknown[] | undefined, choice: unknown): ChatTool[] {
  if (choice !== undefined && choice !== "auto" && choice !== "none")
    throw new ApiError(
      400,
      `tool_choice: expected "auto" or "none", got ${JSON.stringify(choice)}. The model chooses what it calls; say in the prompt what it should.`,
      { param: "tool_choice", code: "unsupported_parameter" },
    );
  if (choice !== undefined && tools === undefined)
    throw new ApiError(
      400,
      "tool_choice: expected tools beside it, got none. Add them, or leave the choice out.",
      { param: "tool_choice", code: "invalid_value" },
    );
  const read = (tools ?? []).map((tool, i) => chatTool(tool, `tools[${i}]`));
  return choice === "none" ? [] : read;
}

function chatTool(tool: unknown, param: string): ChatTool {
  if (!isObject(tool) || tool.type !== "function" || !isObject(tool.function))
    throw fieldError(
      param,
      '{ type: "function", function: { name, description, parameters } }',
      tool,
      "This server knows functions alone.",
    );
  const { name, description, parameters, strict, ...others } = tool.function;
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new ApiError(
      400,
      `${param}.function.${other}: expected name, description and parameters, got another field. Leave it out.`,
      { param: `${param}.function.${other}`, code: "unknown_parameter" },
    );
  if (typeof name !== "string" || name === "")
    throw fieldError(`${param}.function.name`, "a name", name, "Name the function.");
  if (strict === true)
    throw new ApiError(
      400,
      `${param}.function.strict: expected false, got true. It asks for arguments that follow a grammar, which this server does not do. Leave it out.`,
      { param: `${param}.function.strict`, code: "unsupported_parameter" },
    );
  if (description !== undefined && description !== null && typeof description !== "string")
    throw fieldError(`${param}.function.description`, "a text", description, "Correct it.");
  if (parameters !== undefined && parameters !== null && !isObject(parameters))
    throw fieldError(`${param}.function.parameters`, "a JSON Schema", parameters, "Correct it.");
  return {
    name,
    ...(typeof description === "string" && { description }),
    ...(isObject(parameters) && { parameters: parameters as ChatTool["parameters"] & object }),
  };
}
