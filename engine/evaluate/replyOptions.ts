import { pickOptions } from "../base/checkOptions.ts";
import { GENERATE_OPTIONS, TEXTS_TOGETHER_OPTIONS } from "../generate/generateOptions.ts";
import { CHAT_OPTIONS } from "../template/chatOptionNames.ts";
import { wrongOption } from "./evaluateErrors.ts";
import type { EvaluateOptions } from "./evaluateOptions.ts";
import type { PreparedTask } from "./preparedTask.ts";

/** Options of an evaluation that say how replies are made, without the arms'. */
export interface ReplyOptions {
  /** For the chat template; empty for a task with `prompt`. */
  readonly chat: Pick<EvaluateOptions, "template" | "tools" | "variables">;
  readonly together: Omit<EvaluateOptions, "seed" | "thinking" | "edits" | "capture">;
}

/**
 * What was asked for, and for the rest what the task brings along.
 * @throws InputError ERR_OPTION for what a chat template reads where there is none, for what chooses a token where none is generated, and for
 * what depends on the machine
 */
export function replyOptions(
  options: EvaluateOptions,
  { generation, samples, scorer }: PreparedTask,
): ReplyOptions {
  const { thinking: _, ...ofTemplate } = CHAT_OPTIONS;
  const chat = pickOptions(options, ofTemplate);
  const { seed: __, thinking: ___, edits: ____, capture: _____, ...names } = GENERATE_OPTIONS;
  const asked = pickOptions(options, { ...names, ...TEXTS_TOGETHER_OPTIONS });
  const isChat = samples[0]?.input.kind === "messages";
  const [wrong] = Object.keys(chat);
  if (!isChat && wrong !== undefined)
    throw wrongOption(`evaluate ${wrong}`, {
      expected: "a task with messages, as it is for the chat template",
      got: "one with prompt",
      fix: "Leave it out, or give the task messages.",
    });
  if (scorer.kind === "choices") refuseGeneration(options);
  if (options.speculate === "auto")
    throw wrongOption("evaluate speculate", {
      expected: '"mtp" or "off", as a result is not to depend on the machine',
      got: "auto",
      fix: "Choose one of them.",
    });
  return { chat, together: { ...generation, ...asked } };
}

/** Choices are not generated. */
function refuseGeneration(options: EvaluateOptions): void {
  const together = ["signal", "chunkSize", "atOnce", "sharePrefix", "edits", "capture", "seed"];
  const { epochs = 1 } = options;
  const wrong = Object.entries(options).find(
    ([name, value]) => value !== undefined && name in GENERATE_OPTIONS && !together.includes(name),
  )?.[0];
  const what = wrong ?? (epochs > 1 ? "epochs" : null);
  if (what === null) return;
  throw wrongOption(`evaluate ${what}`, {
    expected: "none, as the task compares log probabilities of choices and generates nothing",
    got: options[what as keyof EvaluateOptions],
    fix: "Leave it out.",
  });
}
