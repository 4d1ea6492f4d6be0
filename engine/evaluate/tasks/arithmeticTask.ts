import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { wrongOption } from "../evaluateErrors.ts";
import { numericMatch } from "../scorers/numericMatch.ts";
import type { Task } from "../task.ts";
import { checkWhole, Drawing } from "./drawing.ts";

/** Which sums are asked. */
export interface ArithmeticOptions {
  /** "chain": 7+5-3=?, running totals from 0 to 99; "column": 347+285=?. Default "chain". */
  readonly kind?: "chain" | "column";
  /** Terms of a chain, 2 to 8, or digits of a column's numbers, 2 to 4. Default 5, or 3. */
  readonly size?: number;
  /** How many. Default 100. */
  readonly n?: number;
  /** Default 0. */
  readonly seed?: number;
}

const ARITHMETIC_OPTIONS: OptionNames<ArithmeticOptions> = {
  kind: true,
  size: true,
  n: true,
  seed: true,
};

interface Exercise {
  readonly question: string;
  readonly target: number;
}

/** Sums as the bundled model has learnt them: how long it may think decides whether it gets them right. @throws InputError ERR_OPTION */
export function arithmeticTask(options: ArithmeticOptions = {}): Task<Exercise> {
  checkOptions("arithmeticTask", options, ARITHMETIC_OPTIONS);
  const { kind = "chain", n = 100, seed = 0 } = options;
  if (kind !== "chain" && kind !== "column")
    throw wrongOption("arithmeticTask kind", {
      expected: '"chain" or "column"',
      got: kind,
      fix: "Choose one of them.",
    });
  const { size = kind === "chain" ? 5 : 3 } = options;
  checkWhole("arithmeticTask size", size, 2, kind === "chain" ? 8 : 4);
  checkWhole("arithmeticTask n", n, 1, 100_000);
  checkWhole("arithmeticTask seed", seed, 0, Number.MAX_SAFE_INTEGER);
  const drawing = new Drawing(seed);
  const draw = kind === "chain" ? chain : column;
  return {
    name: `arithmetic ${kind} ${size}`,
    samples: Array.from({ length: n }, () => draw(drawing, size)),
    messages: ({ question }) => [{ role: "user", content: question }],
    scorer: numericMatch(),
    generation: { temperature: 0, maxTokens: 150 },
  };
}

function chain(drawing: Drawing, terms: number): Exercise {
  let total = drawing.share() < 0.6 ? drawing.from(1, 9) : drawing.from(10, 60);
  let question = String(total);
  for (let i = 1; i < terms; i++) {
    const digit = drawing.from(1, 9);
    const adds = (drawing.share() < 0.55 && total + digit <= 99) || total < digit;
    question += `${adds ? "+" : "-"}${digit}`;
    total += adds ? digit : -digit;
  }
  return { question: `${question}=?`, target: total };
}

function column(drawing: Drawing, digits: number): Exercise {
  const [first, second] = [0, 0].map(() => drawing.from(10 ** (digits - 1), 10 ** digits - 1));
  const [a, b] = [first as number, second as number];
  return { question: `${a}+${b}=?`, target: a + b };
}
