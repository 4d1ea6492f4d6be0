import { type Command, InvalidArgumentError } from "commander";
import type { ThinkingArm } from "../engine/index.node.ts";
import { realNumber, wholeNumber } from "./parseNumbers.ts";

/** The arm without edits beside those that --edits names. */
export const UNEDITED = "whole";

/** What a command line says of how a task is asked. */
export interface AskingOptions {
  readonly seed?: number;
  readonly epochs?: number;
  readonly passAt?: readonly number[];
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly thinking?: readonly ThinkingArm[];
  readonly edits?: Readonly<Record<string, string>>;
  readonly atOnce?: number;
}

/** The options of every command that asks a model a task. */
export function addAskingOptions(command: Command): Command {
  return command
    .option("--seed <n>", "of the random numbers (default: 0)", wholeNumber(0))
    .option("--epochs <n>", "ask every sample so often (default: 1)", wholeNumber(1))
    .option("--pass-at <k,...>", "share of samples right in one of k epochs", counts)
    .option("--max-tokens <n>", "of a reply; what it cuts counts apart", wholeNumber(1))
    .option("--temperature <x>", "0 takes the likeliest token every time", realNumber(0, true))
    .option(
      "--thinking <budget,...>",
      "an arm for each: tokens of thinking, or free for no limit",
      budgets,
    )
    .option(
      "--edits <name=file>",
      "an arm with the edits of a JSON file, beside one without; may be given several times",
      namedFile,
    )
    .option(
      "--at-once <n>",
      "samples that go through the model together (default: 32)",
      wholeNumber(1),
    );
}

/** The same as words of a command line, for one that runs elsewhere. */
export function askingWords(options: AskingOptions): string[] {
  const { passAt, thinking, edits = {} } = options;
  const plain = {
    "--seed": options.seed,
    "--epochs": options.epochs,
    "--pass-at": passAt?.join(","),
    "--max-tokens": options.maxTokens,
    "--temperature": options.temperature,
    "--thinking": thinking?.map(budgetText).join(","),
    "--at-once": options.atOnce,
  };
  const words = Object.entries(plain).flatMap(([flag, value]) =>
    value === undefined ? [] : [flag, String(value)],
  );
  return [
    ...words,
    ...Object.entries(edits).flatMap(([name, file]) => ["--edits", `${name}=${file}`]),
  ];
}

function counts(text: string): number[] {
  return text.split(",").map(wholeNumber(1));
}

function budgets(text: string): ThinkingArm[] {
  const budget = wholeNumber(0);
  return text.split(",").map((part) => (part === "free" ? {} : { budget: budget(part) }));
}

/** What `budgets` read: free, or a budget. */
function budgetText(arm: ThinkingArm): string {
  return typeof arm === "object" && arm.budget !== undefined ? String(arm.budget) : "free";
}

function namedFile(text: string, files: Readonly<Record<string, string>> = {}) {
  const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || file === undefined)
    throw new InvalidArgumentError(
      "Expected a name and a file, for example without-5.0=edits.json.",
    );
  if (name === UNEDITED || Object.hasOwn(files, name))
    throw new InvalidArgumentError(
      `Expected a name of its own for each arm; ${UNEDITED} is the one without edits.`,
    );
  return { ...files, [name]: file };
}
