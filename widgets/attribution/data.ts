import type { AttributionPart, AttributionRecord } from "../../engine/trace/schema.ts";
import { alignedBuffer } from "../render/afm.ts";
import { visibleToken } from "../render/visibleToken.ts";

/** A logit, or the difference of two, as a sum. */
export interface AttributionSum {
  readonly targetText: string;
  /** Null: the logit itself. */
  readonly againstText: string | null;
  readonly position: number;
  /** Up to the position. */
  readonly tokenTexts: readonly string[];
  readonly logit: number;
  /** In the order of the forward pass. */
  readonly parts: readonly AttributionPart[];
  readonly remainder: number;
  /** (position + 1) what all heads together bring from each position; null where heads were not split. */
  readonly bySource: Float64Array | null;
}

/** Synced with the page. What single heads bring from each position is asked for. */
export interface AttributionState extends AttributionSum {
  readonly runId: string;
  readonly subtitle: string;
}

export function attributionSum(
  record: AttributionRecord,
  tokenTexts: readonly string[],
  textOf: (id: number) => string,
): AttributionSum {
  const { target, against, position, logit, parts, remainder, sources } = record;
  return {
    targetText: textOf(target),
    againstText: against === null ? null : textOf(against),
    ...{ position, logit, parts, remainder },
    tokenTexts: tokenTexts.slice(0, position + 1),
    bySource: sources && sumOfRows(sources, position + 1),
  };
}

function sumOfRows(rows: Float64Array, width: number): Float64Array {
  const sum = new Float64Array(width);
  rows.forEach((value, i) => {
    sum[i % width] = (sum[i % width] as number) + value;
  });
  return sum;
}

/** A page's state: buffers come as views of bytes. @param get what the page has under a name */
export function readState(get: (key: string) => unknown): AttributionState {
  const read = <K extends keyof AttributionState>(key: K) => get(key) as AttributionState[K];
  const bySource = read("bySource");
  return {
    ...{ runId: read("runId"), subtitle: read("subtitle"), targetText: read("targetText") },
    ...{ againstText: read("againstText"), position: read("position"), logit: read("logit") },
    ...{ tokenTexts: read("tokenTexts"), parts: read("parts"), remainder: read("remainder") },
    bySource: bySource && new Float64Array(alignedBuffer(bySource)),
  };
}

const KINDS: Readonly<Record<AttributionPart["kind"], string>> = {
  embedding: "embedding",
  position: "position embedding",
  head: "head",
  attentionBias: "attention bias",
  mlp: "MLP",
  mlpBias: "MLP bias",
  expert: "expert",
  sharedExpert: "shared experts",
  normBias: "final norm's bias",
};

/** "head 3", "MLP". */
export function partInLayer({ kind, index }: AttributionPart): string {
  return index === null ? KINDS[kind] : `${KINDS[kind]} ${index}`;
}

/** "layer 2 head 3", "embedding". */
export function partName(part: AttributionPart): string {
  return part.layer === null ? partInLayer(part) : `layer ${part.layer} ${partInLayer(part)}`;
}

/** Which row of the sources a part has; -1 where it is no head. */
export function headRow(parts: readonly AttributionPart[], part: number): number {
  if (parts[part]?.kind !== "head") return -1;
  let row = 0;
  for (let i = 0; i < part; i++) if (parts[i]?.kind === "head") row++;
  return row;
}

/** Places of the largest numbers, of either sign, first; of equals the first. */
export function bySize(values: ArrayLike<number>): number[] {
  return Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => Math.abs(values[b] as number) - Math.abs(values[a] as number) || a - b,
  );
}

/** "+1.234", "−0.05", "+1.5e-7". */
export function signedText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 ? "−" : "+";
  const size = Math.abs(value);
  const isTiny = size > 0 && size < 1e-4;
  const digits = isTiny ? size.toExponential(3).replace(/\.?0*e/, "e") : size.toPrecision(4);
  return sign + (isTiny ? digits : String(Number(digits)));
}

/** "logit of ·2", "logit of ·2 less that of ·3". */
export function wholeName({
  targetText,
  againstText,
}: Pick<AttributionSum, "targetText" | "againstText">): string {
  const own = `logit of ${visibleToken(targetText)}`;
  return againstText === null ? own : `${own} less that of ${visibleToken(againstText)}`;
}

/** "logit of ·2 behind ·= (12): +3.21, the sum of 96 parts and a remainder of +1e-7" */
export function summaryText(sum: AttributionSum): string {
  const { position, tokenTexts, logit, parts, remainder } = sum;
  const where = `behind ${visibleToken(tokenTexts[position] ?? "")} (${position})`;
  return `${wholeName(sum)} ${where}: ${signedText(logit)}, the sum of ${parts.length} parts and a remainder of ${signedText(remainder)}`;
}

/** The same picture in words: the strongest parts. */
export function attributionText(sum: AttributionSum, subtitle: string): string {
  const strongest = bySize(sum.parts.map(({ value }) => value)).slice(0, 10);
  const lines = strongest.flatMap((at) => {
    const part = sum.parts[at];
    return part === undefined ? [] : [`${partName(part)}: ${signedText(part.value)}`];
  });
  return [`Attribution of ${subtitle}: ${summaryText(sum)}`, ...lines].join("\n");
}
