import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import type { ChatMessage } from "../template/chat.ts";
import { shown, wrongTask } from "./evaluateErrors.ts";
import type {
  ChoiceScorer,
  Judgement,
  ReplyScorer,
  SampleData,
  Score,
  ScoreFunction,
  Target,
  Task,
  TaskGeneration,
  TaskMetric,
} from "./task.ts";

/** How a sample is put to a model. */
type SampleInput =
  | { readonly kind: "prompt"; readonly prompt: string | readonly number[] }
  | { readonly kind: "messages"; readonly messages: readonly ChatMessage[] };

/** A sample with everything that its task's functions say of it. */
export interface PreparedSample {
  readonly id: string;
  readonly index: number;
  readonly data: SampleData;
  readonly target: Target | null;
  readonly input: SampleInput;
  /** Continuations and which of them is right; null where a reply is generated. */
  readonly choices: { readonly texts: readonly string[]; readonly right: number } | null;
}

export interface PreparedTask {
  readonly name: string;
  readonly samples: readonly PreparedSample[];
  readonly scorer: ReplyScorer | ChoiceScorer;
  readonly generation: TaskGeneration;
  readonly metrics: Readonly<Record<string, TaskMetric>>;
}

const TASK: OptionNames<Task> = {
  name: true,
  samples: true,
  prompt: true,
  messages: true,
  scorer: true,
  id: true,
  target: true,
  generation: true,
  metrics: true,
};

const TASK_GENERATION: OptionNames<TaskGeneration> = {
  maxTokens: true,
  stop: true,
  temperature: true,
};

/** Asks a task's functions about every sample, once. @throws InputError ERR_TASK, ERR_OPTION; what they throw */
export function prepareTask(task: Task): PreparedTask {
  checkOptions("task", task, TASK);
  const { name, samples, generation = {}, metrics = {} } = task;
  checkOptions("task generation", generation, TASK_GENERATION);
  if (typeof name !== "string" || name === "")
    throw wrongTask("task name", {
      expected: "a text",
      got: name,
      fix: 'Write "arithmetic", say.',
    });
  if (!Array.isArray(samples) || samples.length === 0 || !samples.every(isData))
    throw wrongTask("task samples", {
      expected: "a list of at least one object",
      got: samples,
      fix: 'Write [{ question: "1+2=?", target: "3" }].',
    });
  if ((task.prompt === undefined) === (task.messages === undefined))
    throw wrongTask("task", {
      expected: "either prompt or messages",
      got: task.prompt === undefined ? "neither" : "both",
      fix: "Give it a function prompt(sample), or messages(sample) for a chat.",
    });
  for (const [metric, compute] of Object.entries(metrics))
    if (typeof compute !== "function")
      throw wrongTask(`task metrics ${metric}`, {
        expected: "a function of the samples",
        got: compute,
        fix: "Write (samples) => ...",
      });
  const scorer = scorerOf(task);
  const prepared = samples.map((data, index) => preparedSample(task, scorer, data, index));
  refuseTwins(prepared);
  return { name, samples: prepared, scorer, generation, metrics };
}

function preparedSample(
  task: Task,
  scorer: PreparedTask["scorer"],
  data: SampleData,
  index: number,
): PreparedSample {
  const id = String(task.id?.(data, index) ?? data.id ?? index);
  const target = task.target === undefined ? (data.target ?? null) : task.target(data);
  const what = `task sample ${JSON.stringify(id)}`;
  if (!isTarget(target))
    throw wrongTask(`${what} target`, {
      expected: "text, a number, a list of them, or null",
      got: target,
      fix: "Give the task a function target(sample).",
    });
  const input = inputOf(task, data, what);
  const choices = scorer.kind === "choices" ? choicesOf(scorer, data, target, what) : null;
  if (choices !== null && input.kind === "prompt" && typeof input.prompt !== "string")
    throw wrongTask(`${what} prompt`, {
      expected: "text, as choices are text that goes on with it",
      got: input.prompt,
      fix: "Return text.",
    });
  return { id, index, data, target, input, choices };
}

function inputOf({ prompt, messages }: Task, data: SampleData, what: string): SampleInput {
  if (prompt !== undefined) {
    const made = prompt(data);
    if (typeof made === "string" || Array.isArray(made)) return { kind: "prompt", prompt: made };
    throw wrongTask(`${what} prompt`, {
      expected: "text or token ids",
      got: made,
      fix: "Return one of them.",
    });
  }
  const made = messages?.(data);
  if (Array.isArray(made) && made.length > 0) return { kind: "messages", messages: made };
  throw wrongTask(`${what} messages`, {
    expected: "a list of messages",
    got: made,
    fix: 'Return [{ role: "user", content: ... }].',
  });
}

function choicesOf(scorer: ChoiceScorer, data: SampleData, target: Target | null, what: string) {
  const texts = scorer.choices(data);
  const isText = (text: unknown) => typeof text === "string" && text !== "";
  if (!Array.isArray(texts) || texts.length < 2 || !texts.every(isText))
    throw wrongTask(`${what} choices`, {
      expected: "at least two texts",
      got: texts,
      fix: "Give multipleChoice a function choices(sample).",
    });
  const right =
    typeof target === "number"
      ? target
      : texts.findIndex((text) => text === target || text.trim() === target);
  if (Number.isInteger(right) && right >= 0 && right < texts.length) return { texts, right };
  throw wrongTask(`${what} target`, {
    expected: `the number of one of its ${texts.length} choices, from 0, or its text`,
    got: target,
    fix: "Give the task a function target(sample).",
  });
}

function scorerOf({ scorer }: Task): PreparedTask["scorer"] {
  if (typeof scorer === "function") return functionScorer(scorer);
  if (typeof scorer === "object" && scorer !== null && typeof scorer.name === "string")
    if (scorer.kind === "choices" || scorer.kind === "reply") return scorer;
  throw wrongTask("task scorer", {
    expected:
      "exactMatch(), numericMatch(), patternMatch(), multipleChoice(), rubric() or a function",
    got: scorer,
    fix: "Choose one of them.",
  });
}

function functionScorer(score: ScoreFunction): ReplyScorer {
  return {
    kind: "reply",
    name: `function ${String(score)}`,
    async judge(reply, _target, sample): Promise<Judgement> {
      const said: Score | Judgement = await score(reply, sample);
      return typeof said === "object" && said !== null ? said : { score: said };
    },
  };
}

function refuseTwins(samples: readonly PreparedSample[]): void {
  const seen = new Map<string, number>();
  for (const { id, index } of samples) {
    const other = seen.get(id);
    if (other !== undefined)
      throw wrongTask("task samples", {
        expected: "an id of its own for each",
        got: `${shown(id)} at ${other} and ${index}`,
        fix: "Give the task a function id(sample, index).",
      });
    seen.set(id, index);
  }
}

function isData(sample: unknown): boolean {
  return typeof sample === "object" && sample !== null && !Array.isArray(sample);
}

function isTarget(target: unknown): target is Target | null {
  const isOne = (it: unknown) => typeof it === "string" || typeof it === "number";
  return target === null || isOne(target) || (Array.isArray(target) && target.every(isOne));
}
