import type { Provenance, RunRecord } from "../../engine/trace/schema.ts";
import { runName } from "../render/runSource.ts";
import { visibleToken } from "../render/visibleToken.ts";
import type { Block } from "./blocks.ts";
import { type AskedKey, type ColourKey, KIND_NAMES, kindOf, labelOf } from "./measures.ts";

/** Synced with the page: small, JSON plus buffers. Columns that are asked for are empty until the kernel worked them out. */
export interface TokensState extends Readonly<Record<AskedKey, ArrayBufferView | ArrayBuffer>> {
  readonly runId: string;
  readonly subtitle: string;
  readonly texts: readonly string[];
  readonly ids: readonly number[];
  /** (T) numbers in KIND_NAMES. */
  readonly part: readonly number[];
  readonly draft: readonly number[];
  /** (GIVEN, T) f64. */
  readonly given: ArrayBufferView | ArrayBuffer;
  /** Thinking, forced tokens too, and calls of tools. */
  readonly blocks: readonly Block[];
  /** The draft's text where it is not the token; by position. */
  readonly rejected: Readonly<Record<string, string>>;
  /** Why a number cannot be had. */
  readonly missing: Readonly<Partial<Record<ColourKey, string>>>;
  /** Why the prompt's tokens have no probabilities; empty where they have. */
  readonly noPrompt: string;
  /** Why alternatives of most tokens cannot be had; empty where they can. */
  readonly noAlternatives: string;
  /** Of columns that the kernel worked out. */
  readonly provenance: Readonly<Partial<Record<AskedKey, Provenance>>>;
}

/** Bytes of logits up to which all of them are taken from the run, or computed again. */
export const MAX_LOGIT_BYTES = 2 ** 27;

/**
 * Why logits before tokens cannot be had; null where they can.
 * @param isAny of all tokens, or of those alone whose rows the run has
 */
export function refusedLogits(
  { model, tokens }: RunRecord,
  nKeptRows: number,
  isAny: boolean,
): string | null {
  if (tokens.length < 2) return "no token stands behind another";
  const bytes = 4 * tokens.length * model.nVocab;
  if (bytes <= MAX_LOGIT_BYTES || nKeptRows >= (isAny ? 1 : tokens.length - 1)) return null;
  return `not kept: the logits of ${tokens.length} tokens, ${Math.ceil(bytes / 2 ** 20)} MiB, are too many to compute them again here; run with logits: "all"`;
}

/** How many tokens there are of each part: "18 prompt, 22 thinking, 2 answer". */
export function countsText(parts: readonly number[]): string {
  return KIND_NAMES.part
    .map((name, kind) => ({ name, n: parts.filter((part) => part === kind).length }))
    .filter(({ n }) => n > 0)
    .map(({ name, n }) => `${n} ${name}`)
    .join(", ");
}

/** A few lines for a page that shows text alone. */
export function tokensText(
  record: RunRecord,
  missing: Readonly<Partial<Record<ColourKey, string>>>,
): string {
  const { tokens } = record;
  const known = tokens.filter(({ logprob }) => logprob !== null);
  const bits = known.reduce((sum, { logprob }) => sum - (logprob ?? 0) / Math.LN2, 0);
  const most = known.reduce<(typeof known)[number] | undefined>(
    (found, token) => ((token.logprob ?? 0) < (found?.logprob ?? 0) ? token : found),
    undefined,
  );
  const lines = [
    `Tokens of ${runName(record)}: ${countsText(tokens.map((token) => kindOf(token, "part")))}`,
    ...(known.length > 0
      ? [
          `surprisal ${(bits / known.length).toPrecision(4)} bits a token over ${known.length} tokens`,
        ]
      : []),
    ...(most
      ? [
          `most surprising: ${visibleToken(most.text)} (${most.index}), ${(-(most.logprob ?? 0) / Math.LN2).toPrecision(4)} bits`,
        ]
      : []),
    ...(promptText(record) === "" ? [] : [promptText(record)]),
    ...missingLines(missing),
  ];
  return lines.join("\n");
}

/** Why the prompt's tokens have no probabilities where others do; empty where they have. */
export function promptText({ promptLogprobs }: Pick<RunRecord, "promptLogprobs">): string {
  return promptLogprobs === false
    ? "prompt tokens: probability and surprisal not computed: promptLogprobs false"
    : "";
}

export function missingLines(missing: Readonly<Partial<Record<ColourKey, string>>>): string[] {
  return Object.entries(missing).map(
    ([key, reason]) => `${labelOf(key as ColourKey)}: unavailable, ${reason}`,
  );
}
