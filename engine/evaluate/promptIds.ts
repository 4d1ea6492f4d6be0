import type { EvaluatedModel } from "./evaluatedModel.ts";
import type { PreparedSample } from "./preparedTask.ts";
import type { ReplyOptions } from "./replyOptions.ts";
import { choiceIds } from "./scoreChoices.ts";

/** What the model reads of a sample: its prompt, or its prompt with each choice behind it. */
export function promptIds(
  { tokenizer }: Pick<EvaluatedModel, "tokenizer">,
  sample: PreparedSample,
  replies: Pick<ReplyOptions, "chat">,
): readonly (readonly number[])[] {
  const { input, choices } = sample;
  if (choices !== null) return choiceIds({ tokenizer }, sample, replies).sequences;
  if (input.kind === "messages") return [tokenizer.encodeChat(input.messages, replies.chat)];
  return [typeof input.prompt === "string" ? tokenizer.encode(input.prompt) : input.prompt];
}
