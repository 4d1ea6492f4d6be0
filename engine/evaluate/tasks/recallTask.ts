import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { wrongOption } from "../evaluateErrors.ts";
import { exactMatch } from "../scorers/exactMatch.ts";
import { multipleChoice } from "../scorers/multipleChoice.ts";
import type { Task } from "../task.ts";
import { checkWhole, Drawing } from "./drawing.ts";

/** What is to be remembered. */
export interface RecallOptions {
  /**
   * "repeat": which word comes next where words are said a second time, chosen by log probability among them; "lookup": "cat is 4; owl is
   * 7. owl?". Default "repeat".
   */
  readonly kind?: "repeat" | "lookup";
  /** Words, or pairs of a word and a digit, 2 to 16. Default 8, or 4. */
  readonly size?: number;
  /** How many questions. Default 100. */
  readonly n?: number;
  /** Default 0. */
  readonly seed?: number;
}

const RECALL_OPTIONS: OptionNames<RecallOptions> = { kind: true, size: true, n: true, seed: true };

/** Short words of the bundled model's vocabulary. */
const WORDS = (
  "sea ship whale captain night boat man day time water head hand old great white black long good sail deck wind eye line side part " +
  "world way land fish life cat dog owl fox bear hare frog goat duck crow"
).split(" ");

interface Question {
  readonly question: string;
  readonly target: string;
  /** Words to choose from; none where the answer is written. */
  readonly choices: readonly string[];
}

/** Finding again what stands earlier in the text, which induction heads do. @throws InputError ERR_OPTION */
export function recallTask(options: RecallOptions = {}): Task<Question> {
  checkOptions("recallTask", options, RECALL_OPTIONS);
  const { kind = "repeat", n = 100, seed = 0 } = options;
  if (kind !== "repeat" && kind !== "lookup")
    throw wrongOption("recallTask kind", {
      expected: '"repeat" or "lookup"',
      got: kind,
      fix: "Choose one of them.",
    });
  const { size = kind === "repeat" ? 8 : 4 } = options;
  checkWhole("recallTask size", size, 2, 16);
  checkWhole("recallTask n", n, 1, 100_000);
  checkWhole("recallTask seed", seed, 0, Number.MAX_SAFE_INTEGER);
  const drawing = new Drawing(seed);
  const name = `recall ${kind} ${size}`;
  const draw = kind === "repeat" ? repeated : lookedUp;
  const samples = Array.from({ length: n }, () => draw(drawing, size));
  if (kind === "repeat")
    return { name, samples, prompt: ({ question }) => question, scorer: multipleChoice() };
  return {
    name,
    samples,
    messages: ({ question }) => [{ role: "user", content: question }],
    scorer: exactMatch(),
    generation: { temperature: 0, maxTokens: 16 },
  };
}

function repeated(drawing: Drawing, size: number): Question {
  const choices = drawing.sample(WORDS, size);
  const asked = drawing.from(1, size - 1);
  const question = [...choices, ...choices.slice(0, asked)].join(" ");
  return { question, target: choices[asked] as string, choices };
}

function lookedUp(drawing: Drawing, size: number): Question {
  const keys = drawing.sample(WORDS, size);
  const values = keys.map(() => String(drawing.from(0, 9)));
  const asked = drawing.from(0, size - 1);
  const told = keys.map((key, i) => `${key} is ${values[i]}`).join("; ");
  return { question: `${told}. ${keys[asked]}?`, target: values[asked] as string, choices: [] };
}
