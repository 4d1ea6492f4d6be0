import { InputError } from "../base/errors.ts";
import type { CostRecord, RunRecord, UsageRecord } from "../trace/schema.ts";

/** What a usage is read from; the engine's Run is one. */
export interface UsedRun {
  readonly record: Pick<RunRecord, "tokens">;
  cost(): Pick<CostRecord, "sharedPrefixTokens">;
}

/** What holds a run once it has ended; a Generation is one, and a ChatGeneration. */
export interface UsedGeneration {
  readonly run: UsedRun;
}

export function runOf(source: UsedRun | UsedGeneration): UsedRun {
  return "record" in source ? source : source.run;
}

/**
 * What a service would have counted: the prompt as input, the part of it that came from the engine's own cache as cached,
 * generated tokens as output, those between the marks of thinking as reasoning. The token that ends a text is no part of
 * a run and is not counted.
 * @throws InputError ERR_NOT_FINISHED of a generation that goes on; BackendError if the run was disposed of
 */
export function usageOf(source: UsedRun | UsedGeneration): UsageRecord {
  const run = runOf(source);
  const { tokens } = run.record;
  const outputTokens = tokens.filter(({ phase }) => phase === "generated").length;
  return {
    inputTokens: tokens.length - outputTokens,
    cachedInputTokens: run.cost().sharedPrefixTokens,
    outputTokens,
    reasoningTokens: tokens.filter(({ phase, thinking }) => phase === "generated" && thinking)
      .length,
  };
}

const COUNTS = ["inputTokens", "cachedInputTokens", "outputTokens", "reasoningTokens"] as const;

/** @throws InputError ERR_USAGE, beginning with `what`, where the value is no usage or contradicts itself */
export function checkUsage(what: string, usage: unknown): asserts usage is UsageRecord {
  const given = (usage ?? {}) as UsageRecord;
  for (const name of COUNTS)
    if (!Number.isSafeInteger(given[name]) || given[name] < 0)
      throw refusal(
        `${what}.${name}`,
        "a whole number of at least 0",
        String(given[name]),
        "Take usageOf(run), or count tokens.",
      );
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = given;
  if (cachedInputTokens > inputTokens)
    throw refusal(
      `${what}.cachedInputTokens`,
      `at most the ${inputTokens} tokens of the input`,
      String(cachedInputTokens),
      "Cached tokens are part of the input: add them to inputTokens.",
    );
  if (reasoningTokens > outputTokens)
    throw refusal(
      `${what}.reasoningTokens`,
      `at most the ${outputTokens} tokens of the output`,
      String(reasoningTokens),
      "Reasoning is part of the output: add it to outputTokens.",
    );
}

function refusal(what: string, expected: string, got: string, fix: string): InputError {
  return new InputError("ERR_USAGE", `${what}: expected ${expected}, got ${got}. ${fix}`);
}
