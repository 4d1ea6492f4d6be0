import type { LengthCost, LengthCostRecord } from "../../engine/trace/schema.ts";
import type { LineChartOptions } from "../render/chart/lineChart.ts";
import { byteCount, flopCount } from "../render/formatNumber.ts";

/** What is drawn against length. */
export const QUANTITIES = ["flops", "attentionFlops", "kvReadBytes"] as const;
export type Quantity = (typeof QUANTITIES)[number];

export const QUANTITY_NAMES: Readonly<Record<Quantity, string>> = {
  flops: "FLOPs of a token",
  attentionFlops: "FLOPs of its attention",
  kvReadBytes: "bytes of cache read",
};

export const quantityText = (quantity: Quantity, amount: number): string =>
  quantity === "kvReadBytes" ? byteCount(amount) : flopCount(amount);

/** 131072 -> "128k", 640 -> "640" */
export function lengthName(context: number): string {
  return context >= 1024 && context % 1024 === 0 ? `${context / 1024}k` : String(context);
}

/** Both lines over lengths, each length twice the one before. */
export function lengthDrawing(
  record: LengthCostRecord,
  quantity: Quantity,
): Omit<LineChartOptions, "width" | "height"> {
  const { lengths, denseLengths } = record;
  const points = (of: readonly LengthCost[]) =>
    of.map((each): readonly [number, number] => [each.context, each[quantity]]);
  const amounts = [...lengths, ...(denseLengths ?? [])].map((each) => each[quantity]);
  const [low, high] = [Math.min(...amounts), Math.max(...amounts)];
  const contexts = lengths.map(({ context }) => context);
  const last = (of: readonly LengthCost[]): string =>
    quantityText(quantity, of.at(-1)?.[quantity] ?? 0);
  const [first = 1, end = 2] = [contexts[0], contexts.at(-1)];
  return {
    x: {
      label: "positions that the token sees",
      domain: [first, Math.max(end, first + 1)],
      isLog: true,
      format: lengthName,
      marks: contexts,
    },
    y: {
      label: `${QUANTITY_NAMES[quantity]}, logarithmic (computed)`,
      domain: [low * 0.8, Math.max(high, low * 1.25) * 1.1],
      isLog: true,
      format: (amount) => quantityText(quantity, amount),
      marks: roundMarks(low * 0.8, Math.max(high, low * 1.25) * 1.1),
    },
    lines: [
      ...(denseLengths === null
        ? []
        : [
            {
              ...{ label: "dense", detail: last(denseLengths), tone: "grey0" as const },
              ...{ isDashed: true, points: points(denseLengths), hasDots: true },
            },
          ]),
      {
        ...{ label: "sparse", detail: last(lengths), tone: "blue0" as const },
        ...{ isStrong: true, points: points(lengths), hasDots: true },
      },
    ],
  };
}

/** 1, 2 and 5 times powers of ten within the ends, or the powers alone where these are many. */
function roundMarks(low: number, high: number): number[] {
  const powers: number[] = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
    powers.push(10 ** power);
  const steps = powers.length > 3 ? [1] : [1, 2, 5];
  return powers
    .flatMap((power) => steps.map((step) => step * power))
    .filter((mark) => mark >= low && mark <= high);
}
