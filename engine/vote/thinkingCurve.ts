import { InputError } from "../base/errors.ts";
import type { ChatThinkingOptions } from "../chat/chatOptions.ts";
import type { ChatMessage } from "../template/chat.ts";
import type { ThinkingCurve, ThinkingCurveRecord, ThinkingPoint } from "../trace/schema.ts";
import {
  checkReplyOptions,
  gatherReplies,
  REPLIES_OPTIONS,
  type RepliesModel,
  type RepliesOptions,
  type ReplySample,
} from "./replySamples.ts";
import { wilsonInterval } from "./wilsonInterval.ts";

/** A question whose answer is known. */
export interface ThinkingTask {
  /** Tasks of one kind make one curve. */
  readonly kind: string;
  /** A user's message, or a conversation. */
  readonly question: string | readonly ChatMessage[];
  /** The content of a right reply, without white space at both ends; or what tells whether a reply is right. */
  readonly answer: string | ((reply: ReplySample) => boolean);
}

/** How `thinkingCurve` asks: the rest of the options are those of `chatAll`. */
export interface ThinkingCurveOptions extends Omit<RepliesOptions, "thinking"> {
  readonly tasks: readonly ThinkingTask[];
  /** Tokens of thinking that are allowed; null: no limit. */
  readonly budgets: readonly (number | null)[];
  /** What else holds for thinking. */
  readonly thinking?: Omit<ChatThinkingOptions, "budget">;
}

/**
 * Asks every task under every budget of thinking, all tasks of a budget together, and counts right answers. Replies that
 * maxTokens or the context ended before their answer was complete are cut, not wrong.
 * @throws InputError ERR_OPTION, ERR_THINKING; as `model.chatAll`; AbortedError ERR_ABORTED; what an answer's function throws
 */
export async function thinkingCurve(
  model: RepliesModel,
  options: ThinkingCurveOptions,
): Promise<ThinkingCurveRecord> {
  checkReplyOptions("thinkingCurve", options, { ...REPLIES_OPTIONS, tasks: true, budgets: true });
  const { tasks, budgets, thinking, onProgress, ...others } = options;
  checkTasks(tasks);
  checkBudgets(budgets);
  if (thinking !== undefined && (thinking as ChatThinkingOptions).budget !== undefined)
    throw new InputError(
      "ERR_OPTION",
      "thinkingCurve thinking: expected no budget in it, got one. List it in budgets.",
    );
  const kinds = [...new Set(tasks.map(({ kind }) => kind))];
  const points = new Map<string, ThinkingPoint[]>(kinds.map((kind) => [kind, []]));
  const conversations = tasks.map(({ question }) =>
    typeof question === "string" ? [{ role: "user", content: question }] : question,
  );
  const total = tasks.length * budgets.length;
  for (const [i, budget] of budgets.entries()) {
    const rules = budget === null ? thinking : { ...thinking, budget };
    const replies = await gatherReplies("thinkingCurve", model, conversations, {
      ...others,
      ...(rules !== undefined && { thinking: rules }),
      onProgress: (progress) =>
        onProgress?.({
          ...progress,
          done: i * tasks.length + progress.done,
          total,
          label: budget === null ? "no limit" : `budget ${budget}`,
        }),
    });
    for (const kind of kinds) {
      const asked = tasks.flatMap((task, t) =>
        task.kind === kind ? [{ task, reply: replies[t] as ReplySample }] : [],
      );
      points.get(kind)?.push(pointOf(budget, asked));
    }
  }
  const curves = kinds.map((name): ThinkingCurve => ({ name, points: points.get(name) ?? [] }));
  return { model: model.name, curves };
}

interface Asked {
  readonly task: ThinkingTask;
  readonly reply: ReplySample;
}

function pointOf(budget: number | null, asked: readonly Asked[]): ThinkingPoint {
  const n = asked.length;
  const complete = asked.filter(({ reply }) => reply.state === "complete");
  const right = complete.filter(isRight);
  const wrong = complete.filter((it) => !right.includes(it));
  const afterBudget = (some: readonly Asked[]) =>
    some.filter(({ reply }) => reply.thinking.ended === "budget").length;
  const mean = (count: (reply: ReplySample) => number) =>
    asked.reduce((sum, { reply }) => sum + count(reply), 0) / n;
  return {
    budget,
    n,
    right: right.length,
    wrong: wrong.length,
    cut: n - complete.length,
    rightAfterBudget: afterBudget(right),
    wrongAfterBudget: afterBudget(wrong),
    share: right.length / n,
    ...wilsonInterval(right.length, n),
    thinkingTokens: mean(({ tokens }) => tokens.thinking),
    answerTokens: mean(({ tokens }) => tokens.answer),
  };
}

function isRight({ task: { answer }, reply }: Asked): boolean {
  return typeof answer === "string" ? reply.message.content.trim() === answer : answer(reply);
}

function checkTasks(tasks: unknown): void {
  const isTask = (task: unknown) => {
    const { kind, question, answer } = (task ?? {}) as Partial<ThinkingTask>;
    const asks = typeof question === "string" || Array.isArray(question);
    const knows = typeof answer === "string" || typeof answer === "function";
    return typeof kind === "string" && asks && knows;
  };
  if (Array.isArray(tasks) && tasks.length > 0 && tasks.every(isTask)) return;
  const wrong = Array.isArray(tasks) ? tasks.find((task) => !isTask(task)) : tasks;
  throw new InputError(
    "ERR_OPTION",
    `thinkingCurve tasks: expected at least one task, each { kind, question, answer }, got ${JSON.stringify(wrong) ?? "none"}. Write [{ kind: "sums", question: "1+2=?", answer: "3" }].`,
  );
}

function checkBudgets(budgets: unknown): void {
  const isBudget = (it: unknown) => it === null || (Number.isSafeInteger(it) && Number(it) >= 0);
  if (Array.isArray(budgets) && budgets.length > 0 && budgets.every(isBudget)) return;
  throw new InputError(
    "ERR_OPTION",
    `thinkingCurve budgets: expected a list of whole numbers of at least 0, or null for no limit, got ${JSON.stringify(budgets) ?? typeof budgets}. Write [0, 16, 32, null].`,
  );
}
