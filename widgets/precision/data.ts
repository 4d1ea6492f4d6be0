import { alignedBuffer } from "../render/afm.ts";
import { percent } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { type SiteRow, siteOf } from "./chosenSites.ts";
import type { NumberError } from "./errors.ts";

export interface ErrorRow extends SiteRow {
  /** One for each of its layers; a single one outside of blocks. */
  readonly errors: readonly NumberError[];
}

/** What the runs make of the token behind a position. */
export interface TokenShift {
  readonly top: string;
  readonly referenceTop: string;
  readonly isMoved: boolean;
  readonly klBits: number;
  /** Of the row of logits. */
  readonly relative: number;
}

/** Two runs of the same tokens, the second the reference. Derived: from numbers that both runs have. */
export interface PrecisionRecord {
  readonly name: string;
  readonly referenceName: string;
  readonly nLayers: number;
  readonly rows: readonly ErrorRow[];
  readonly tokenTexts: readonly string[];
  /** One for each token. */
  readonly tokens: readonly TokenShift[];
  /** (layers, T) f32: relative error of the residual stream behind each block, token by token; null where it has too many numbers. */
  readonly byToken: Float32Array | null;
  /** Experts of the reference that are not chosen any more, (MoE layers, T); null where there are none, or too many cells. */
  readonly routes: {
    readonly layers: readonly number[];
    readonly changed: Uint8Array;
    readonly nExpertsPerToken: number;
  } | null;
}

/** Synced with the page. */
export interface PrecisionState extends PrecisionRecord {
  readonly runId: string;
  readonly referenceId: string;
}

/** A page's state: buffers come as views of bytes. @param get what the page has under a name */
export function readState(get: (key: string) => unknown): PrecisionState {
  const read = <K extends keyof PrecisionState>(key: K) => get(key) as PrecisionState[K];
  const routes = read("routes");
  const byToken = read("byToken");
  return {
    name: read("name"),
    referenceName: read("referenceName"),
    nLayers: read("nLayers"),
    rows: read("rows"),
    tokenTexts: read("tokenTexts"),
    tokens: read("tokens"),
    byToken: byToken && new Float32Array(alignedBuffer(byToken)),
    routes: routes && { ...routes, changed: new Uint8Array(alignedBuffer(routes.changed)) },
    runId: read("runId"),
    referenceId: read("referenceId"),
  };
}

/** Most cells of layers by tokens that travel. */
export const MOST_CELLS = 2 ** 18;

export type Measure = "relative" | "largest";

/** An error of a row in a layer; null where there is none. */
export function errorAt({ layers, errors }: ErrorRow, layer: number | null): NumberError | null {
  const at = layers === null ? 0 : layers.indexOf(layer ?? -1);
  return errors[at] ?? null;
}

export function siteAt(row: ErrorRow, layer: number | null): string {
  return siteOf(row.name, row.layers === null ? null : layer);
}

function nMoved({ tokens }: PrecisionRecord): number {
  return tokens.filter(({ isMoved }) => isMoved).length;
}

/** Routes that changed, and how many there are. */
function routesChanged({ routes }: PrecisionRecord): {
  readonly changed: number;
  readonly all: number;
} | null {
  if (routes === null) return null;
  const { changed, nExpertsPerToken } = routes;
  return {
    changed: changed.reduce((sum, count) => sum + count, 0),
    all: changed.length * nExpertsPerToken,
  };
}

/** An error in as many digits as say how large it is: "0.0123", "1.2e-7". */
export function errorText(error: number): string {
  if (error === 0) return "0";
  return error >= 0.001 && error < 1e5
    ? String(Number(error.toPrecision(3)))
    : error.toExponential(2);
}

/**
 * Errors as strengths 0 to 1. Linear: by the largest; log: by decades, of which the smallest error that is not 0 has the least
 * strength and 0 has none.
 */
export function strengths(errors: readonly number[], scale: "linear" | "log"): number[] {
  const known = errors.filter((error) => Number.isFinite(error) && error > 0);
  const most = Math.max(0, ...known);
  const least = Math.min(most, ...known);
  const span = Math.log(most / least);
  return errors.map((error) => {
    if (!Number.isFinite(error)) return Number.NaN;
    if (error <= 0 || most === 0) return 0;
    if (scale === "linear") return error / most;
    return span === 0 ? 1 : 0.12 + 0.88 * (Math.log(error / least) / span);
  });
}

/** The largest error behind a block, of the residual; null where none was compared. */
function lastResidual({ rows }: PrecisionRecord): NumberError | null {
  const row = rows.find(({ name }) => /^hook_(resid|streams)_post$/.test(name));
  return row?.errors.at(-1) ?? null;
}

/** "likeliest token moved at 3 of 40 positions; 12 of 480 routes changed" */
export function summaryText(record: PrecisionRecord): string {
  const routes = routesChanged(record);
  const residual = lastResidual(record);
  const parts = [
    `likeliest token moved at ${nMoved(record)} of ${record.tokens.length} positions`,
    ...(routes === null
      ? []
      : [
          `${routes.changed} of ${routes.all} routes changed (${percent(routes.changed / Math.max(1, routes.all))})`,
        ]),
    ...(residual === null
      ? []
      : [`residual stream off by ${errorText(residual.relative)} behind the last block`]),
  ];
  return parts.join("; ");
}

/** "4 ·key: d instead of c, 0.12 bits" */
export function tokenText(record: PrecisionRecord, token: number): string {
  const shift = record.tokens[token];
  if (shift === undefined) return "";
  const said = shift.isMoved
    ? `${visibleToken(shift.top)} likeliest, not ${visibleToken(shift.referenceTop)}`
    : `${visibleToken(shift.top)} likeliest in both`;
  return `behind ${visibleToken(record.tokenTexts[token] ?? "")} (${token}): ${said}; ${errorText(shift.klBits)} bits apart, logits off by ${errorText(shift.relative)}`;
}

/** The same picture in words. */
export function precisionText(record: PrecisionRecord): string {
  const lines = record.rows.map(({ name, errors }) => {
    const worst = Math.max(...errors.map(({ relative }) => relative));
    return `${name}: relative error up to ${errorText(worst)}`;
  });
  return [`${record.name} beside ${record.referenceName}: ${summaryText(record)}`, ...lines].join(
    "\n",
  );
}

/** What full colour is, and what has none. @param unit with the blank before it */
export function rangeText(errors: readonly number[], scale: "linear" | "log", unit = ""): string {
  const known = errors.filter((error) => error > 0);
  if (known.length === 0) return "the same in both runs";
  const [least, most] = [Math.min(...known), Math.max(...known)].map(errorText);
  return scale === "log"
    ? `by decades from ${least} to ${most}${unit}, grey is no difference`
    : `full colour is ${most}${unit}`;
}
