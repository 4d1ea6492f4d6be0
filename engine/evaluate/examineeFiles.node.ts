import { modelFiles } from "../record/modelFiles.node.ts";
import { templateHash } from "../record/templateHash.node.ts";
import { hashModel } from "../weights/hashModel.node.ts";
import { type Examinee, isRemote } from "./examinee.ts";
import type { ExamineeFiles, PromptWriter } from "./examineeRead.ts";
import type { PreparedTask } from "./preparedTask.ts";
import type { PlannedEvaluation } from "./runEvaluation.ts";

/**
 * @param isRead whether the checkpoint is read; a server's never is
 * @throws as `hashModel`
 */
export async function examineeFiles(
  model: Examinee,
  task: PreparedTask,
  { replies }: PlannedEvaluation,
  isRead: boolean,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<ExamineeFiles> {
  const from = promptsFrom(task);
  if (isRemote(model))
    return {
      ...{ weights: null, files: null },
      prompt: { from, encoder: null, template: null, template_sha256: null },
    };
  const encoder = from === "chat" ? model.tokenizer.chatEncoder : null;
  const template = encoder === "jinja" ? (replies.chat.template ?? "default") : null;
  return {
    weights: isRead
      ? await hashModel(model.location, signal === undefined ? {} : { signal })
      : null,
    files: isRead ? await modelFiles(model.location) : null,
    prompt: {
      ...{ from, encoder, template },
      // A model without a tokenizer is not asked for it.
      template_sha256: template === null ? null : templateHash(model.tokenizer, template),
    },
  };
}

/** Samples of a task have prompts of one kind. */
function promptsFrom({ samples: [first] }: PreparedTask): PromptWriter["from"] {
  const input = first?.input;
  if (input?.kind === "messages") return "chat";
  return typeof input?.prompt === "string" ? "text" : "tokens";
}
