import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { exactMatch } from "../scorers/exactMatch.ts";
import type { Task } from "../task.ts";
import { checkWhole, Drawing } from "./drawing.ts";

/** What is to be looked up. */
export interface RecallOptions {
  /** How many pairs stand in a question, 2 to 16. Default 4. */
  readonly pairs?: number;
  /** How many questions. Default 100. */
  readonly n?: number;
  /** Default 0. */
  readonly seed?: number;
}

const RECALL_OPTIONS: OptionNames<RecallOptions> = { pairs: true, n: true, seed: true };

/** Short words of the bundled model's vocabulary. */
const WORDS = (
  "sea ship whale captain night boat man day time water head hand old great white black long good sail deck wind eye line side part " +
  "world way land fish life cat dog owl fox bear hare frog goat duck crow"
).split(" ");

interface Question {
  readonly question: string;
  readonly target: string;
}

/** "cat is 4; owl is 7. owl?", 7: looking up within the question, which induction heads do. @throws InputError ERR_OPTION */
export function recallTask(options: RecallOptions = {}): Task<Question> {
  checkOptions("recallTask", options, RECALL_OPTIONS);
  const { pairs = 4, n = 100, seed = 0 } = options;
  checkWhole("recallTask pairs", pairs, 2, 16);
  checkWhole("recallTask n", n, 1, 100_000);
  checkWhole("recallTask seed", seed, 0, Number.MAX_SAFE_INTEGER);
  const drawing = new Drawing(seed);
  return {
    name: `recall ${pairs}`,
    samples: Array.from({ length: n }, () => draw(drawing, pairs)),
    messages: ({ question }) => [{ role: "user", content: question }],
    scorer: exactMatch(),
    generation: { temperature: 0, maxTokens: 16 },
  };
}

function draw(drawing: Drawing, pairs: number): Question {
  const keys = drawing.sample(WORDS, pairs);
  const values = keys.map(() => String(drawing.from(0, 9)));
  const asked = drawing.from(0, pairs - 1);
  const told = keys.map((key, i) => `${key} is ${values[i]}`).join("; ");
  return { question: `${told}. ${keys[asked]}?`, target: values[asked] as string };
}
