import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import type { PriceTable, TokenPrices } from "../trace/schema.ts";
import { checkPriceTable } from "./checkPriceTable.ts";
import { decimalOf, numberOf, shifted } from "./decimal.ts";
import { readHours } from "./liteLLMHours.ts";

/** What the file does not say. */
export interface ImportOptions {
  /** When it was read, as YYYY-MM-DD. */
  readonly date: string;
}

const IMPORT_OPTIONS: OptionNames<ImportOptions> = { date: true };

/** What a file of prices came to. */
export interface ImportedPrices {
  /** In the file's order, named as it names them. */
  readonly tables: readonly PriceTable[];
  /** Entries that are no list of prices for tokens, each with why. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

/** Describes the format; no model's prices. */
const SAMPLE = "sample_spec";
const FILE = "https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json";

/**
 * The price lists of LiteLLM's model_prices_and_context_window.json, in dollars. Of prices that depend on a prompt's length
 * those of short prompts are taken, with the length up to which they hold.
 * @param json the file, parsed
 * @throws InputError ERR_PRICES where the file has another form; ERR_OPTION
 */
export function importLiteLLM(json: unknown, options: ImportOptions): ImportedPrices {
  checkOptions("importLiteLLM", options, IMPORT_OPTIONS);
  if (!isObject(json))
    throw refusal("", "the file's object, parsed", json, "Pass JSON.parse(text).");
  const tables: PriceTable[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  for (const [name, entry] of Object.entries(json)) {
    if (name === SAMPLE) continue;
    const at = `[${JSON.stringify(name)}]`;
    if (!isObject(entry)) throw refusal(at, "an object", entry, "Download the file again.");
    const reason = reasonToLeaveOut(entry);
    if (reason !== null) leftOut.push({ name, reason });
    else tables.push(tableOf(at, name, entry, options.date));
  }
  return { tables, leftOut };
}

function reasonToLeaveOut(entry: JsonObject): string | null {
  if (Array.isArray(entry.tiered_pricing)) return "prices in tiers";
  if ((entry.input_cost_per_token ?? null) === null) return "no price of an input token";
  if ((entry.output_cost_per_token ?? null) === null) return "no price of an output token";
  const { off_peak_pricing: offPeak } = entry;
  const zone = isObject(offPeak) ? offPeak.weekday_timezone : undefined;
  return zone === undefined || zone === "UTC" ? null : `days of the week in ${String(zone)}`;
}

function tableOf(at: string, name: string, entry: JsonObject, date: string): PriceTable {
  const perMillion: TokenPrices = {
    input: perMillionOf(at, entry, "input_cost_per_token") ?? 0,
    cachedInput: perMillionOf(at, entry, "cache_read_input_token_cost"),
    output: perMillionOf(at, entry, "output_cost_per_token") ?? 0,
    reasoning: perMillionOf(at, entry, "output_cost_per_reasoning_token"),
  };
  const table: PriceTable = {
    name,
    source: typeof entry.source === "string" && entry.source !== "" ? entry.source : FILE,
    date,
    currency: "USD",
    perMillion,
    offPeak: offPeakOf(`${at}.off_peak_pricing`, entry.off_peak_pricing, perMillion),
    maxInputTokens: firstTier(entry),
  };
  checkPriceTable(`importLiteLLM${at}`, table);
  return table;
}

/** Prices that the block does not name stay as they are. */
function offPeakOf(at: string, block: unknown, standard: TokenPrices): PriceTable["offPeak"] {
  if (block === undefined || block === null) return null;
  if (!isObject(block)) throw refusal(at, "an object", block, "Download the file again.");
  const price = (name: string) => perMillionOf(at, block, name);
  return {
    hours: readHours(at, block),
    perMillion: {
      input: price("input_cost_per_token") ?? standard.input,
      cachedInput: price("cache_read_input_token_cost") ?? standard.cachedInput,
      output: price("output_cost_per_token") ?? standard.output,
      reasoning: price("output_cost_per_reasoning_token") ?? standard.reasoning,
    },
  };
}

/** Numbers may be text, as LiteLLM itself reads them. */
function perMillionOf(at: string, entry: JsonObject, name: string): number | null {
  const given = entry[name];
  if (given === undefined || given === null) return null;
  const isText = typeof given === "string" && given.trim() !== "";
  const price = isText ? Number(given) : given;
  if (typeof price !== "number" || !Number.isFinite(price) || price < 0)
    throw refusal(`${at}.${name}`, "dollars for a token", given, "Download the file again.");
  return numberOf(shifted(decimalOf(price), 6));
}

/** Up to how many tokens of input the prices hold that have no length in their names. */
function firstTier(entry: JsonObject): number | null {
  const limits = Object.keys(entry).flatMap((name) => {
    const [, thousands] = /^(?:input|output)_cost_per_token_above_(\d+)k_tokens$/.exec(name) ?? [];
    return thousands === undefined ? [] : [Number(thousands) * 1000];
  });
  return limits.length === 0 ? null : Math.min(...limits);
}

function refusal(at: string, expected: string, got: unknown, fix: string): InputError {
  return new InputError(
    "ERR_PRICES",
    `importLiteLLM${at}: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 80)}. ${fix}`,
  );
}
