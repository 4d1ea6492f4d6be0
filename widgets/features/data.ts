import { alignedBuffer } from "../render/afm.ts";
import type { AxisScale } from "../render/controls.ts";
import { shortNumber } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";

/** One number for each token of a run, with a name: a feature of a dictionary, a probe's score, anything that is counted by tokens. */
export interface TokenFeature {
  readonly name: string;
  /** One for each token of the run; NaN where it has none. */
  readonly values: ArrayLike<number>;
  readonly unit?: string;
  /** Where the numbers come from, as "recomputed"; default "as given". */
  readonly provenance?: string;
}

/** Synced with the page: F features of T tokens. */
export interface FeatureRows {
  readonly names: readonly string[]; // (F)
  readonly units: readonly string[]; // (F) empty where there is none
  readonly provenance: readonly string[]; // (F)
  readonly tokenTexts: readonly string[]; // (T)
  /** (F, T) row-major; NaN where a token has none. */
  readonly values: Float64Array;
}

export interface FeaturesState extends FeatureRows {
  readonly runId: string;
  readonly subtitle: string;
}

export function featureRows(
  features: readonly TokenFeature[],
  tokenTexts: readonly string[],
): FeatureRows {
  const values = new Float64Array(features.length * tokenTexts.length);
  for (const [row, feature] of features.entries())
    values.set(Float64Array.from(feature.values), row * tokenTexts.length);
  return {
    names: features.map(({ name }) => name),
    units: features.map(({ unit }) => unit ?? ""),
    provenance: features.map(({ provenance }) => provenance ?? "as given"),
    ...{ tokenTexts, values },
  };
}

/** A page's state: buffers come as views of bytes. @param get what the page has under a name */
export function readState(get: (key: string) => unknown): FeaturesState {
  const read = <K extends keyof FeaturesState>(key: K) => get(key) as FeaturesState[K];
  return {
    ...{ runId: read("runId"), subtitle: read("subtitle"), names: read("names") },
    ...{ units: read("units"), provenance: read("provenance"), tokenTexts: read("tokenTexts") },
    values: new Float64Array(alignedBuffer(read("values"))),
  };
}

export function rowOf({ values, tokenTexts }: FeatureRows, row: number): Float64Array {
  return values.subarray(row * tokenTexts.length, (row + 1) * tokenTexts.length);
}

/** The finite number that is farthest from 0, as a size; 0 where there is none. */
export function sizeOf(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number);
    if (Number.isFinite(size) && size > most) most = size;
  }
  return most;
}

/** Decades below the largest that a logarithmic scale tells apart. */
const DECADES = 4;

/** How strong a number's colour is, -1 to 1, 0 for 0; NaN where there is none. Infinite ones are as strong as can be. */
export function strengthOf(value: number, most: number, scale: AxisScale): number {
  if (Number.isNaN(value)) return Number.NaN;
  if (value === 0 || most === 0) return 0;
  const share = Math.min(1, Math.abs(value) / most);
  const size = scale === "linear" ? share : Math.max(0, 1 + Math.log10(share) / DECADES);
  return Math.sign(value) * size;
}

/** Tokens with the largest numbers, largest first, of equals the first; those without a number are left out. */
export function largestTokens(values: ArrayLike<number>, count: number): number[] {
  return Array.from({ length: values.length }, (_, token) => token)
    .filter((token) => !Number.isNaN(values[token]))
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .slice(0, count);
}

/** Is any number below 0? Then colours have two sides. */
export const isSigned = ({ values }: Pick<FeatureRows, "values">): boolean =>
  values.some((value) => value < 0);

/** A name that has room for so many letters. */
export function shortName(name: string, letters: number): string {
  const all = Array.from(name);
  return all.length <= letters ? name : `${all.slice(0, letters - 1).join("")}…`;
}

export function numberText(value: number, unit: string, digits = 6): string {
  if (Number.isNaN(value)) return "none";
  const text = shortNumber(value, digits);
  return unit === "" ? text : `${text} ${unit}`;
}

/** The same to four digits. */
export function shortText(value: number, unit: string): string {
  return numberText(value, unit, 4);
}

/** "quote: largest at ·key (4), 3.2" */
export function featureText(rows: FeatureRows, row: number): string {
  const [most] = largestTokens(rowOf(rows, row), 1);
  const name = rows.names[row] ?? "";
  if (most === undefined) return `${name}: no token has a number`;
  const value = shortText(rowOf(rows, row)[most] ?? Number.NaN, rows.units[row] ?? "");
  return `${name}: largest at ${visibleToken(rows.tokenTexts[most] ?? "")} (${most}), ${value}`;
}

/** The same picture in words. */
export function featuresText(rows: FeatureRows, subtitle: string): string {
  const lines = rows.names.map((_, row) => featureText(rows, row));
  return [`Features of ${subtitle}`, ...lines].join("\n");
}
