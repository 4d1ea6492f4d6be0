import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { nearest } from "../base/nearest.ts";
import { checkDevice } from "../machine/deviceRecord.ts";
import { DEVICES, deviceNamed } from "../machine/devices.ts";
import type { DeviceRecord, TokenCost } from "../trace/schema.ts";
import { CACHE_DTYPES, type CacheStorageName } from "./cacheStorage.ts";
import type { GivenConfig } from "./namedConfig.ts";
import { WEIGHT_DTYPES, type WeightStorageName } from "./weightStorage.ts";

/** Tokens of one sequence, told by their number. */
export interface WhatIfTokens {
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

/** What was run: its prefilled tokens are the prompt, its decoded ones the generated. */
export interface CostedRun {
  cost(): { readonly tokens: readonly Pick<TokenCost, "phase">[] };
}

export interface WhatIfOptions {
  /** A name of `SHIPPED_CONFIGS`, or config.json as parsed. In Node a folder that has the file, too. */
  readonly config: GivenConfig;
  /** Positions that a decoded token sees. Default: all tokens of a sequence. */
  readonly context?: number;
  /** Sequences decoded together. Default 1. */
  readonly batch?: number;
  /** Tokens of a prompt that go through the model at once. Default 2048. */
  readonly chunkSize?: number;
  /** How weights are stored. Default: as config.json says that they are published. */
  readonly weights?: WeightStorageName;
  /** How keys and values are. Default bf16. */
  readonly cache?: CacheStorageName;
  /** A name of `DEVICES` or a record of one. Default: none, and no times. */
  readonly device?: string | DeviceRecord;
  /** How many of them share the work evenly. Default 1. */
  readonly devices?: number;
  /** Rent of one device, in the place of the record's own. */
  readonly usdPerHour?: number;
}

const OPTIONS: OptionNames<WhatIfOptions> = {
  config: true,
  context: true,
  batch: true,
  chunkSize: true,
  weights: true,
  cache: true,
  device: true,
  devices: true,
  usdPerHour: true,
};

/** Most that any count may be: sums stay exact. */
const MOST = 2 ** 40;

/** @throws InputError ERR_OPTION for a wrong name or value */
export function checkWhatIf(options: WhatIfOptions): void {
  checkOptions("whatIf", options, OPTIONS);
  const { config, weights, cache, usdPerHour } = options;
  if (typeof config !== "string" && !isObject(config))
    throw wrong("config", "a name or config.json as an object", config, 'Pass "deepseek-v3".');
  for (const name of ["context", "batch", "chunkSize", "devices"] as const)
    checkCount(name, options[name], 1);
  checkOneOf("weights", weights, Object.keys(WEIGHT_DTYPES));
  checkOneOf("cache", cache, Object.keys(CACHE_DTYPES));
  if (usdPerHour !== undefined && !isRate(usdPerHour) && usdPerHour !== 0)
    throw wrong("usdPerHour", "US dollars of at least 0", usdPerHour, "Leave it out if unknown.");
  for (const name of ["devices", "usdPerHour"] as const)
    if (options[name] !== undefined && options.device === undefined)
      throw wrong(name, "a device beside it", undefined, `Name one, or leave ${name} out.`);
}

/** @throws InputError ERR_OPTION */
export function tokensOf(source: CostedRun | WhatIfTokens): { prompt: number; generated: number } {
  if (isRun(source)) {
    const { tokens } = source.cost();
    const prompt = tokens.filter(({ phase }) => phase === "prefill").length;
    return { prompt, generated: tokens.length - prompt };
  }
  const names = { promptTokens: true, generatedTokens: true } as const;
  checkOptions("whatIf tokens", source, names);
  const { promptTokens, generatedTokens } = source;
  checkCount("promptTokens", promptTokens ?? null, 0);
  checkCount("generatedTokens", generatedTokens ?? null, 0);
  if (promptTokens + generatedTokens === 0)
    throw wrong("tokens", "a token at least", 0, "Tell how many are to be computed.");
  return { prompt: promptTokens, generated: generatedTokens };
}

function isRun(source: CostedRun | WhatIfTokens): source is CostedRun {
  return isObject(source) && typeof source.cost === "function";
}

/** @throws InputError ERR_OPTION for a name that no device has, or a record that is none */
export function deviceOf({ device, usdPerHour }: WhatIfOptions): DeviceRecord | null {
  if (device === undefined) return null;
  const found = typeof device === "string" ? deviceNamed(device) : device;
  if (found === null) {
    const names = Object.keys(DEVICES);
    const [near] = nearest(String(device), names, 1);
    throw wrong(
      "device",
      `one of ${names.join(", ")}, or a record of one`,
      device,
      `Did you mean ${near}?`,
    );
  }
  checkRecord(found);
  return usdPerHour === undefined ? found : { ...found, usdPerHour };
}

function checkRecord(device: DeviceRecord): void {
  checkDevice("whatIf device", device);
  const { memoryBytes, usdPerHour } = device;
  const fix = "Pass a record as DEVICES has them.";
  if (memoryBytes !== null && !isRate(memoryBytes))
    throw wrong("device.memoryBytes", "a number above 0, or null", memoryBytes, fix);
  if (usdPerHour !== null && usdPerHour !== 0 && !isRate(usdPerHour))
    throw wrong("device.usdPerHour", "a number of at least 0, or null", usdPerHour, fix);
}

function isRate(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

function checkCount(name: string, value: number | null | undefined, least: number): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= MOST) return;
  throw wrong(name, `a whole number from ${least} to 2^40`, value, "Count tokens or sequences.");
}

function checkOneOf(name: string, value: unknown, names: readonly string[]): void {
  if (value === undefined || names.includes(value as string)) return;
  throw wrong(
    name,
    `one of ${names.join(", ")}`,
    value,
    `Did you mean ${nearest(String(value), names, 1)[0]}?`,
  );
}

function wrong(name: string, expected: string, got: unknown, fix: string): InputError {
  const text = typeof got === "number" ? String(got) : (JSON.stringify(got) ?? "nothing");
  return new InputError("ERR_OPTION", `whatIf ${name}: expected ${expected}, got ${text}. ${fix}`);
}
