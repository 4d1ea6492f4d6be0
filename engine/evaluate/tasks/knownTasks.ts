import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { wrongOption, wrongTask } from "../evaluateErrors.ts";
import { multipleChoice } from "../scorers/multipleChoice.ts";
import { numericMatch } from "../scorers/numericMatch.ts";
import type { SampleData, ScoredReply, Task } from "../task.ts";

/** How a task of a published set is put. */
export interface KnownTaskOptions {
  /** Solved samples that stand before every question. Default none. */
  readonly shots?: readonly SampleData[];
}

const KNOWN_TASK_OPTIONS: OptionNames<KnownTaskOptions> = { shots: true };

/**
 * GSM8K from its own fields: `question`, and `answer` that ends with "#### 18". Shots are turns of the conversation; the last number of a reply
 * counts.
 * @throws InputError ERR_OPTION, ERR_TASK
 * @see arXiv:2110.14168
 */
export function gsm8kTask(samples: readonly SampleData[], options: KnownTaskOptions = {}): Task {
  const shots = shotsOf("gsm8kTask", options);
  const question = (sample: SampleData) => textOf("gsm8kTask", sample, "question");
  const answer = (sample: SampleData) => textOf("gsm8kTask", sample, "answer");
  return {
    name: shots.length === 0 ? "gsm8k" : `gsm8k ${shots.length} shots`,
    samples,
    messages: (sample) => [
      ...shots.flatMap((shot) => [
        { role: "user", content: question(shot) },
        { role: "assistant", content: answer(shot) },
      ]),
      { role: "user", content: question(sample) },
    ],
    target: (sample) => answer(sample).split("####").at(-1)?.trim() ?? "",
    scorer: numericMatch(),
    generation: { temperature: 0 },
  };
}

/** The columns of MMLU's published CSV, whose first line is a sample. */
export const MMLU_COLUMNS: readonly string[] = ["question", "A", "B", "C", "D", "answer"];

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * MMLU and sets like it: `question`, `choices` (or the fields A, B, C and D), and `answer`, a letter or the number of the right choice, from 0.
 * The letters behind "Answer:" are compared. Its published CSV has no line of names: `readSamples(path, { columns: MMLU_COLUMNS })`.
 * @throws InputError ERR_OPTION, ERR_TASK
 * @see arXiv:2009.03300
 */
export function mmluTask(samples: readonly SampleData[], options: KnownTaskOptions = {}): Task {
  const shots = shotsOf("mmluTask", options);
  const asked = (sample: SampleData) => {
    const lines = choicesOf(sample).map((choice, i) => `${LETTERS[i]}. ${choice}`);
    return `${textOf("mmluTask", sample, "question", MMLU_FIX).trim()}\n${lines.join("\n")}\nAnswer:`;
  };
  const solved = shots.map((shot) => `${asked(shot)} ${LETTERS[answerOf(shot)]}\n\n`).join("");
  return {
    name: shots.length === 0 ? "mmlu" : `mmlu ${shots.length} shots`,
    samples,
    prompt: (sample) => `${solved}${asked(sample)}`,
    target: answerOf,
    scorer: multipleChoice({
      choices: (sample) => choicesOf(sample).map((_, i) => ` ${LETTERS[i]}`),
    }),
  };
}

/** How programs are judged. */
export interface HumanEvalOptions {
  /** Runs a program of Python, in a sandbox of yours, and says whether it ends without an error. */
  readonly run: (program: string, sample: SampleData) => boolean | Promise<boolean>;
}

const HUMAN_EVAL_OPTIONS: OptionNames<HumanEvalOptions> = { run: true };

/**
 * HumanEval and sets like it: `prompt`, `test` and `entry_point`; `task_id` is the id. Nothing is run here: what the model writes goes to
 * `run` with the test behind it.
 * @throws InputError ERR_OPTION, ERR_TASK
 * @see arXiv:2107.03374
 */
export function humanEvalTask(samples: readonly SampleData[], options: HumanEvalOptions): Task {
  checkOptions("humanEvalTask", options, HUMAN_EVAL_OPTIONS);
  const { run } = options;
  if (typeof run !== "function")
    throw wrongOption("humanEvalTask run", {
      expected: "a function that runs Python in a sandbox",
      got: run,
      fix: "Write (program) => runInSandbox(program).",
    });
  const field = (sample: SampleData, name: string) => textOf("humanEvalTask", sample, name);
  const program = (sample: SampleData, { text }: ScoredReply) =>
    `${field(sample, "prompt")}${text}\n${field(sample, "test")}\ncheck(${field(sample, "entry_point")})\n`;
  return {
    name: "humaneval",
    samples,
    id: (sample, index) => String(sample.task_id ?? index),
    prompt: (sample) => field(sample, "prompt"),
    scorer: async (reply, sample) => ({ score: await run(program(sample, reply), sample) }),
    generation: { stop: ["\nclass", "\ndef", "\n#", "\nif", "\nprint"] },
  };
}

function shotsOf(what: string, options: KnownTaskOptions): readonly SampleData[] {
  checkOptions(what, options, KNOWN_TASK_OPTIONS);
  const { shots = [] } = options;
  if (Array.isArray(shots)) return shots;
  throw wrongOption(`${what} shots`, {
    expected: "a list of samples",
    got: shots,
    fix: "Take the first samples of the training part.",
  });
}

const RENAME = "Rename the fields of your samples.";
const MMLU_FIX = `${RENAME} MMLU's CSV has no line of names: readSamples(path, { columns: MMLU_COLUMNS }).`;

function textOf(what: string, sample: SampleData, field: string, fix = RENAME): string {
  const value = sample[field];
  if (typeof value === "string" && value !== "") return value;
  throw wrongTask(`${what} ${field}`, {
    expected: "a text in every sample",
    got: value,
    fix,
  });
}

function choicesOf(sample: SampleData): readonly string[] {
  const { choices } = sample;
  if (Array.isArray(choices) && choices.length >= 2 && choices.length <= LETTERS.length)
    return choices.map(String);
  const fields = [...LETTERS].map((letter) => sample[letter]);
  const count = fields.findIndex((choice) => choice === undefined || choice === null);
  if (count >= 2) return fields.slice(0, count).map(String);
  throw wrongTask("mmluTask choices", {
    expected: "a list of choices, or fields A, B, ...",
    got: sample,
    fix: MMLU_FIX,
  });
}

function answerOf(sample: SampleData): number {
  const { answer } = sample;
  const nChoices = choicesOf(sample).length;
  const text = String(answer).trim();
  const index = /^\d+$/.test(text) ? Number(text) : text.length === 1 ? LETTERS.indexOf(text) : -1;
  if (index >= 0 && index < nChoices) return index;
  throw wrongTask("mmluTask answer", {
    expected: `a letter from A to ${LETTERS[nChoices - 1]}, or a number from 0 to ${nChoices - 1}`,
    got: answer,
    fix: "Correct the sample.",
  });
}
