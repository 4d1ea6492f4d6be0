import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { wrongOption } from "../evaluateErrors.ts";
import type { ChoiceScorer, SampleData } from "../task.ts";

/** Between what is chosen, and by which number. */
export interface MultipleChoiceOptions<Sample extends object = SampleData> {
  /** The continuations of a sample. Default: its field `choices`, with a space before each. */
  readonly choices?: (sample: Sample) => readonly string[];
  /**
   * "sum": the continuation of the highest log probability; "byte": of the highest per byte of its UTF-8, which favours no length. Both are
   * among the metrics; this one says which samples are right. Default "sum".
   */
  readonly by?: "sum" | "byte";
}

const MULTIPLE_CHOICE_OPTIONS: OptionNames<MultipleChoiceOptions> = { choices: true, by: true };

/**
 * Takes the continuation that the model finds likeliest behind the prompt; of equal ones the first. Nothing is generated. The target is
 * the number of the right one, from 0, or its text.
 * @throws InputError ERR_OPTION
 */
export function multipleChoice<Sample extends object = SampleData>(
  options: MultipleChoiceOptions<Sample> = {},
): ChoiceScorer {
  checkOptions("multipleChoice", options, MULTIPLE_CHOICE_OPTIONS);
  const { by = "sum", choices = spaced } = options;
  if (by !== "sum" && by !== "byte")
    throw wrongOption("multipleChoice by", {
      expected: '"sum" or "byte"',
      got: by,
      fix: "Choose one of them.",
    });
  if (typeof choices !== "function")
    throw wrongOption("multipleChoice choices", {
      expected: "a function",
      got: choices,
      fix: "Write (sample) => sample.options.",
    });
  const of = choices as (sample: SampleData) => readonly string[];
  return { kind: "choices", name: `multipleChoice ${JSON.stringify({ by })}`, choices: of, by };
}

function spaced(sample: SampleData): readonly string[] {
  const { choices } = sample;
  return Array.isArray(choices) ? choices.map((choice) => ` ${choice}`) : [];
}
