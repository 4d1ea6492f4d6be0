import type { ChatMessage, ChatTool, TogetherGenerateOptions } from "../../engine/index.node.ts";
import { ApiError, fieldError } from "../apiError.ts";
import { fieldChecker } from "./checkFields.ts";
import { chatMessages } from "./messages.ts";
import {
  checkTogether,
  generateOptions,
  MOST_LOGPROBS,
  SAMPLING_SCHEMAS,
  type SamplingFields,
} from "./samplingFields.ts";
import { chatTools } from "./tools.ts";

interface ChatFields extends SamplingFields {
  readonly messages: readonly unknown[];
  readonly max_completion_tokens?: number;
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
  readonly tools?: readonly unknown[];
  readonly tool_choice?: unknown;
  readonly reasoning_effort?: "low" | "medium" | "high";
  readonly chat_template_kwargs?: Readonly<Record<string, unknown>>;
}

const check = fieldChecker<ChatFields>(
  {
    ...SAMPLING_SCHEMAS,
    messages: { type: "array", minItems: 1 },
    max_completion_tokens: { type: "integer", minimum: 1 },
    logprobs: { type: "boolean" },
    top_logprobs: { type: "integer", minimum: 0, maximum: MOST_LOGPROBS },
    tools: { type: "array", minItems: 1 },
    tool_choice: {},
    reasoning_effort: { enum: ["low", "medium", "high"] },
    chat_template_kwargs: { type: "object" },
  },
  ["model", "messages"],
);

/** A request for the next turn of a conversation, read. */
export interface ChatRequest {
  readonly fields: SamplingFields;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[];
  readonly thinking: boolean | "low" | "medium" | "high" | undefined;
  /** Further variables of the chat template. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly options: TogetherGenerateOptions;
  readonly logprobs: boolean;
}

/**
 * @param mostTokens where the request has no limit
 * @param template the source of the model's chat template; null where it has none of that kind
 * @throws ApiError
 */
export function readChatRequest(
  body: unknown,
  mostTokens: number,
  template: string | null,
): ChatRequest {
  const fields = check(body);
  checkTogether(fields);
  const { max_tokens, max_completion_tokens, logprobs = false, top_logprobs } = fields;
  if (max_tokens !== undefined && max_completion_tokens !== undefined)
    throw new ApiError(
      400,
      "max_tokens: expected either it or max_completion_tokens, got both. Leave one of them out.",
      { param: "max_tokens", code: "invalid_value" },
    );
  if (top_logprobs !== undefined && !logprobs)
    throw fieldError("logprobs", "true beside top_logprobs", fields.logprobs, "Add it.");
  const maxTokens = max_completion_tokens ?? max_tokens ?? mostTokens;
  const { thinking, variables } = templateVariables(fields);
  for (const name of Object.keys(variables)) checkVariable(name, template ?? "");
  return {
    fields,
    messages: chatMessages(fields.messages),
    tools: chatTools(fields.tools, fields.tool_choice),
    thinking,
    variables,
    options: {
      ...generateOptions(fields, maxTokens),
      ...(top_logprobs !== undefined && { topLogprobs: top_logprobs }),
    },
    logprobs,
  };
}

/** Names under which clients ask for thinking in `chat_template_kwargs`, as templates call it. */
const THINKING = ["enable_thinking", "thinking"];

function templateVariables({ reasoning_effort, chat_template_kwargs = {} }: ChatFields) {
  const variables = { ...chat_template_kwargs };
  let thinking: ChatRequest["thinking"] = reasoning_effort;
  for (const name of THINKING) {
    const value = variables[name];
    if (value === undefined) continue;
    if (typeof value !== "boolean")
      throw fieldError(`chat_template_kwargs.${name}`, "true or false", value, "Correct it.");
    if (thinking !== undefined && thinking !== value)
      throw new ApiError(
        400,
        `chat_template_kwargs.${name}: expected one word on thinking, got another than reasoning_effort or a second name says. Leave one of them out.`,
        { param: "chat_template_kwargs", code: "invalid_value" },
      );
    thinking = value;
    delete variables[name];
  }
  return { thinking, variables };
}

/** What the request says in fields of its own. */
const OWN = ["messages", "tools", "add_generation_prompt"];

/** @throws ApiError for a variable that would change nothing, or what others say */
function checkVariable(name: string, template: string): void {
  const isRead = template.match(/\w+/g)?.includes(name) === true;
  if (isRead && !OWN.includes(name)) return;
  throw new ApiError(
    400,
    `chat_template_kwargs.${name}: expected a variable that the model's chat template reads, got ${isRead ? "one that the request's own fields say" : "another"}. Leave it out.`,
    { param: `chat_template_kwargs.${name}`, code: "unknown_parameter" },
  );
}
