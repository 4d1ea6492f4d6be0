import { Command, Option } from "commander";
import { AbortedError, ConfigError } from "../../engine/base/errors.ts";
import type {
  GeneratedToken,
  GenerateOptions,
  Generation,
  Model,
} from "../../engine/index.node.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { addModelOptions, type ModelOptions, withModel } from "../modelOptions.ts";
import { realNumber, tokenBias, wholeNumber } from "../parseNumbers.ts";
import { writeJson } from "../writeJson.ts";

/** What is passed on as it was given. */
const PASSED_ON = [
  "maxTokens",
  "minTokens",
  "stop",
  "temperature",
  "topP",
  "topK",
  "minP",
  "typicalP",
  "repetitionPenalty",
  "presencePenalty",
  "frequencyPenalty",
  "noRepeatNgramSize",
  "logitBias",
  "ignoreEos",
  "seed",
] as const;

type PassedOn = Pick<GenerateOptions, (typeof PASSED_ON)[number]>;

interface CommandOptions extends ModelOptions, PassedOn {
  readonly thinkingBudget?: number;
  readonly thinkingMinimum?: number;
  readonly prompt: string;
  readonly chat?: boolean;
  readonly json?: boolean;
  readonly profile?: string;
}

/** The options that were given, and no others: the rest is the model's own default. */
function generateOptions(options: CommandOptions): GenerateOptions {
  const given = PASSED_ON.filter((name) => options[name] !== undefined);
  const passedOn: PassedOn = Object.fromEntries(given.map((name) => [name, options[name]]));
  const { thinkingBudget: budget, thinkingMinimum: minimum } = options;
  if (budget === undefined && minimum === undefined) return passedOn;
  const thinking = {
    ...(budget !== undefined && { budget }),
    ...(minimum !== undefined && { minimum }),
  };
  return { ...passedOn, thinking };
}

function summary(model: Model, prompt: string, generation: Generation, tokens: GeneratedToken[]) {
  return {
    model: { name: model.name, hash: model.record.hash },
    backend: model.backend,
    prompt,
    tokens,
    text: generation.text,
    finishReason: generation.finishReason,
    thinking: generation.thinking,
    answer: generation.answer,
  };
}

/** The engine's own words send one to token ids, which this command does not take. */
function refuseWithoutTokenizer(model: Model): void {
  try {
    model.tokenizer;
  } catch (cause) {
    const why = (cause as Error).cause ?? cause;
    throw new ConfigError(
      "ERR_TOKENIZER_MISSING",
      `generate: ${(why as Error).message} To run token ids: vitrine trace --token-ids.`,
      { cause },
    );
  }
}

async function generate(options: CommandOptions): Promise<void> {
  const signal = interruptSignal();
  await withModel(options, signal, async (model) => {
    refuseWithoutTokenizer(model);
    const input = options.chat
      ? [{ role: "user" as const, content: options.prompt }]
      : options.prompt;
    const profile = options.profile !== undefined;
    const generation = model.generate(input, { ...generateOptions(options), profile, signal });
    const tokens: GeneratedToken[] = [];
    for await (const token of generation) {
      if (options.json) tokens.push(token);
      else process.stdout.write(token.text);
    }
    const end = options.json
      ? JSON.stringify(summary(model, options.prompt, generation, tokens), null, 2)
      : "";
    process.stdout.write(`${end}\n`);
    if (options.profile !== undefined)
      await writeJson("generate --profile", options.profile, generation.run.profileTrace());
    if (generation.finishReason === "aborted") throw new AbortedError();
  });
}

/** commander takes a name that begins with "no" for the opposite of another option. */
function noRepeatNgramSize(): Option {
  const option = new Option("--no-repeat-ngram-size <n>", "no run of this many tokens twice");
  option.negate = false;
  return option.argParser(wholeNumber(1));
}

/** `vitrine generate`: tokens to stdout as they come. */
export function generateCommand(): Command {
  return addModelOptions(
    new Command("generate").description("Continue a prompt; the text streams to stdout."),
  )
    .requiredOption("--prompt <text>", "what to continue")
    .option("--chat", "take the prompt as a user's message, through the model's chat template")
    .option("--max-tokens <n>", "stop after this many tokens", wholeNumber(1))
    .option(
      "--thinking-budget <n>",
      "end the model's thinking after this many tokens; 0: none",
      wholeNumber(0),
    )
    .option(
      "--thinking-minimum <n>",
      'where it would end its thinking before so many tokens, go on with "Wait"',
      wholeNumber(0),
    )
    .option("--min-tokens <n>", "no end token before this many others", wholeNumber(1))
    .option(
      "--stop <text>",
      "end before this text; may be given several times",
      (text: string, texts: readonly string[] = []) => [...texts, text],
    )
    .option("--temperature <x>", "0 takes the likeliest token every time", realNumber(0, true))
    .option("--top-p <x>", "smallest set of tokens with this share", realNumber(0, false, 1))
    .option("--top-k <n>", "only the n likeliest tokens; 0 keeps every token", wholeNumber(0))
    .option(
      "--min-p <x>",
      "only tokens this many times as probable as the likeliest",
      realNumber(0, true, 1),
    )
    .option(
      "--repetition-penalty <x>",
      "above 1 makes tokens that were there before less likely",
      realNumber(0, false),
    )
    .option(
      "--typical-p <x>",
      "only tokens about as surprising as expected",
      realNumber(0, false, 1),
    )
    .option(
      "--presence-penalty <x>",
      "taken from the logits of tokens that the text has, as in OpenAI's interface",
      realNumber(Number.NEGATIVE_INFINITY, false),
    )
    .option(
      "--frequency-penalty <x>",
      "taken from them once for each time that the text has them",
      realNumber(Number.NEGATIVE_INFINITY, false),
    )
    .addOption(noRepeatNgramSize())
    .option(
      "--logit-bias <id=x,...>",
      "added to the logits of these tokens; -Infinity forbids one",
      tokenBias,
    )
    .option("--ignore-eos", "go on behind end tokens, to --max-tokens")
    .option("--seed <n>", "the same seed gives the same text", wholeNumber(0))
    .option("--json", "print one JSON object with every token instead of the text")
    .option(
      "--profile <file>",
      "write when each operator ran, and its FLOPs and bytes, as JSON that ui.perfetto.dev opens",
    )
    .addHelpText(
      "after",
      `
Examples:
  vitrine generate --model tiny --prompt "12 + 29 =" --seed 7
  vitrine generate --model tiny --prompt "Once" --max-tokens 20 --temperature 0 --json
  vitrine generate --model tiny --chat --prompt "7+5-3+8=?" --thinking-budget 8
  vitrine generate --model ./my-model --prompt "Hello" --chat --backend cpu`,
    )
    .action(generate);
}
