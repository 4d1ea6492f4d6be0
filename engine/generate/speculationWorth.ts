import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { AbortedError, BackendError, InputError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { CostRecord } from "../trace/schema.ts";
import type { Acceptance } from "./acceptance.ts";
import { GENERATE_OPTIONS, type GenerateOptions } from "./generateOptions.ts";
import type { Generation } from "./generation.ts";

/** As of `generate`. The temperature is 0 unless one is given: then both ways give the same text. */
export interface SpeculationWorthOptions extends Omit<GenerateOptions, "profile" | "speculate"> {
  /** How often each way is measured, in turn; from 1 to 1000, default 5. */
  readonly rounds?: number;
  readonly onProgress?: ProgressListener;
}

const { profile: _, speculate: __, ...OF_BOTH } = GENERATE_OPTIONS;

const WORTH_OPTIONS: OptionNames<SpeculationWorthOptions> = {
  ...OF_BOTH,
  rounds: true,
  onProgress: true,
};

/** Of several rounds. */
export interface WorthRange {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** What a token took in one of the two ways, behind the first, whose time is the prompt's. */
export interface DecodingWorth {
  readonly tokens: number;
  readonly tokensPerStep: number;
  /** Measured milliseconds of a token: its step, drafting it, and choosing it. */
  readonly msPerToken: WorthRange;
  /** Derived, of drafts and of what was rejected too. */
  readonly flopsPerToken: number;
  /** Of weights and caches. Derived. */
  readonly bytesPerToken: number;
}

export interface SpeculationWorth {
  /** Tokens drafted ahead of each verification. */
  readonly draftTokens: number;
  readonly rounds: number;
  readonly plain: DecodingWorth;
  readonly speculative: DecodingWorth;
  readonly acceptance: Acceptance;
  /** Plain milliseconds of a token over speculative ones, of the same round: above 1 speculation gains. */
  readonly gain: WorthRange;
  /** gain or loss where every round says so; unclear where rounds disagree. */
  readonly verdict: "gain" | "loss" | "unclear";
  /** Are the two texts token by token the same? Null at a temperature above 0, where they are two samples. */
  readonly sameTokens: true | null;
}

interface Continued {
  readonly ids: readonly number[];
  readonly msPerToken: number;
  readonly acceptance: Acceptance;
  readonly cost: CostRecord;
}

/**
 * Continues a prompt plainly and with drafts, in turn, each way first in every other round; a round before them is not measured.
 * @param start begins a generation
 * @throws InputError ERR_OPTION; as `generate`; BackendError ERR_SPECULATION_DIFFERS; AbortedError ERR_ABORTED
 */
export async function speculationWorth(
  options: SpeculationWorthOptions,
  start: (options: GenerateOptions) => Generation,
): Promise<SpeculationWorth> {
  checkOptions("speculationWorth", options, WORTH_OPTIONS);
  checkSignals("speculationWorth", options);
  const { rounds: asked = 5, onProgress, ...given } = options;
  const rounds = checkRounds(asked);
  const { draftTokens = 1, temperature = 0 } = given;
  const both = { ...given, temperature };
  const ways = {
    plain: () => continued(start(both), options.signal),
    speculative: () => continued(start({ ...both, speculate: "mtp" }), options.signal),
  };
  const first = { speculative: await ways.speculative(), plain: await ways.plain() };
  checkSame(first.plain, first.speculative, temperature);
  const measured: (typeof first)[] = [];
  for (let round = 0; round < rounds; round++) {
    const plainFirst = round % 2 === 0 ? await ways.plain() : null;
    const speculative = await ways.speculative();
    const plain = plainFirst ?? (await ways.plain());
    checkSame(plain, speculative, temperature);
    measured.push({ plain, speculative });
    const label = `round ${round + 1}`;
    onProgress?.({ stage: "compare", done: round + 1, total: rounds, label });
  }
  const gain = range(measured.map((pair) => pair.plain.msPerToken / pair.speculative.msPerToken));
  return {
    draftTokens,
    rounds,
    plain: worthOf(measured.map(({ plain }) => plain)),
    speculative: worthOf(measured.map(({ speculative }) => speculative)),
    acceptance: first.speculative.acceptance,
    gain,
    verdict: gain.least > 1 ? "gain" : gain.most < 1 ? "loss" : "unclear",
    sameTokens: temperature === 0 ? true : null,
  };
}

async function continued(generation: Generation, signal?: AbortSignal): Promise<Continued> {
  const ids: number[] = [];
  let ms = 0;
  for await (const { id, durationMs } of generation) {
    if (ids.length > 0) ms += durationMs; // the first token's time is the prompt's
    ids.push(id);
  }
  if (generation.finishReason === "aborted")
    throw new AbortedError(undefined, { cause: signal?.reason });
  const { run, acceptance } = generation;
  try {
    if (ids.length < 2)
      throw new InputError(
        "ERR_OPTION",
        `speculationWorth: expected a text of at least 2 tokens to measure, got ${ids.length}. Give another prompt, a larger maxTokens, or ignoreEos: true.`,
      );
    return { ids, msPerToken: ms / (ids.length - 1), acceptance, cost: run.cost() };
  } finally {
    run.dispose();
  }
}

/** At temperature 0 drafts change no token. @throws BackendError ERR_SPECULATION_DIFFERS */
function checkSame(plain: Continued, speculative: Continued, temperature: number): void {
  if (temperature !== 0) return;
  const { length } = plain.ids;
  const at = plain.ids.findIndex((id, i) => id !== speculative.ids[i]);
  if (at < 0 && length === speculative.ids.length) return;
  throw new BackendError(
    "ERR_SPECULATION_DIFFERS",
    `speculationWorth: expected the same tokens with drafts as without at temperature 0, got others from token ${at < 0 ? length : at} of the text on. Please report it: the backend's rows depend on what else is in a step.`,
  );
}

function worthOf(rounds: readonly Continued[]): DecodingWorth {
  const [{ ids, acceptance, cost }] = rounds as [Continued];
  const decoded = cost.tokens.filter(({ phase }) => phase === "decode");
  const each = (of: (token: CostRecord["tokens"][number]) => number): number =>
    decoded.reduce((sum, token) => sum + of(token), 0) / decoded.length;
  return {
    tokens: ids.length,
    tokensPerStep: acceptance.tokensPerStep ?? Number.NaN,
    msPerToken: range(rounds.map(({ msPerToken }) => msPerToken)),
    flopsPerToken: each(({ flops }) => flops),
    bytesPerToken: each((t) => t.weightBytes + t.kvReadBytes + t.kvWriteBytes),
  };
}

function range(values: readonly number[]): WorthRange {
  const ordered = values.toSorted((a, b) => a - b);
  const middle = ordered.length >> 1;
  const upper = ordered[middle] ?? Number.NaN;
  const median = ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] ?? upper) + upper) / 2;
  return { median, least: ordered[0] ?? Number.NaN, most: ordered.at(-1) ?? Number.NaN };
}

/** @throws InputError ERR_OPTION */
function checkRounds(rounds: number): number {
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 1000) return rounds;
  throw new InputError(
    "ERR_OPTION",
    `speculationWorth rounds: expected a whole number from 1 to 1000, got ${JSON.stringify(rounds)}. Leave it out for 5.`,
  );
}
