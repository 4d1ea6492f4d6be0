import type { CacheForm } from "../../../engine/trace/schema.ts";
import type { ChartLine } from "../../render/chart/lineChart.ts";
import type { Tone } from "../../render/chart/tones.ts";
import { byteCount } from "../../render/formatNumber.ts";
import type { CostTotals } from "../data.ts";

const NAMES: Readonly<Record<CacheForm["form"], string>> = {
  mha: "MHA",
  gqa: "GQA",
  mqa: "MQA",
  mla: "MLA",
};

const TONES: Readonly<Record<CacheForm["form"], Tone>> = {
  mha: "rose0",
  gqa: "green0",
  mqa: "purple0",
  mla: "blue0",
};

/** A way of keeping keys and values, in words and by what a token adds to it. */
export interface CacheRow {
  readonly name: string;
  readonly bytesPerToken: number;
  readonly isOwn: boolean;
  readonly tone: Tone;
}

/** The model's own cache first, then other forms of attention, those first that keep the most. */
export function cacheRows({
  caches,
  kvBytesPerToken,
}: Pick<CostTotals, "caches" | "kvBytesPerToken">): CacheRow[] {
  const rows = caches.map(({ form, keyHeads, bytesPerToken, isOwn }) => {
    const heads = keyHeads === null || keyHeads === 1 ? "" : `, ${keyHeads} heads`;
    return {
      name: `${NAMES[form]}${heads}`,
      ...{ bytesPerToken, isOwn, tone: TONES[form] },
    };
  });
  if (rows.some(({ isOwn }) => isOwn)) return rows;
  const own = { name: "its layers' own", bytesPerToken: kvBytesPerToken, isOwn: true };
  return [{ ...own, tone: "blue0" }, ...rows];
}

/** Bytes after so many tokens, as lines; a logarithmic axis begins with the first token. */
export function cacheLines(
  rows: readonly CacheRow[],
  nTokens: number,
  isLog: boolean,
): ChartLine[] {
  // A straight line is one on a linear axis alone.
  const counts = isLog ? logSteps(nTokens) : [0, nTokens];
  return rows.map(({ name, bytesPerToken, isOwn, tone }) => ({
    label: isOwn ? `${name}, this model` : name,
    detail: `${byteCount(bytesPerToken)} a token`,
    tone,
    isStrong: isOwn,
    isDashed: !isOwn,
    points: counts.map((n) => [n, n * bytesPerToken] as const),
  }));
}

/** Counts from 1 to n, nearer together where they are small. */
function logSteps(n: number): number[] {
  const nSteps = 60;
  return Array.from({ length: nSteps + 1 }, (_, i) => n ** (i / nSteps));
}

/** What the forms take after so many tokens, in one line. */
export const cacheText = (rows: readonly CacheRow[], nTokens: number): string =>
  rows
    .map(({ name, bytesPerToken }) => `${name} ${byteCount(nTokens * bytesPerToken)}`)
    .join(" · ");

/** What is assumed of forms that the model does not have. */
export const ASSUMED =
  "Other forms have the same layers and heads. Sizes that the model does not have are those of arXiv:2405.04434: up to 8 groups of heads; a latent as wide as 4 heads, with a rotary key of half a head.";
