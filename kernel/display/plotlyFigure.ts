import { isListOf } from "./isListOf.ts";

export const PLOTLY_MIME = "application/vnd.plotly.v1+json";

interface PlotlyFigure {
  readonly data: readonly object[];
  readonly layout: object;
}

/** A plain object with traces and a layout, as Plotly's libraries make it. */
export function isPlotlyFigure(value: unknown): value is PlotlyFigure {
  if (typeof value !== "object" || value === null) return false;
  const { data, layout } = value as Record<string, unknown>;
  return (
    isListOf(data, isTrace) &&
    typeof layout === "object" &&
    layout !== null &&
    !Array.isArray(layout)
  );
}

const isTrace = (value: unknown): value is object => typeof value === "object" && value !== null;

/** The figure as JSON: typed arrays as lists, numbers that JSON lacks as null, functions left out. */
export function plotlyJson(figure: PlotlyFigure): unknown {
  const text = JSON.stringify(figure, (_key, value: unknown) => {
    if (typeof value === "bigint") return Number(value);
    if (!ArrayBuffer.isView(value) || value instanceof DataView) return value;
    return Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  });
  return JSON.parse(text) as unknown;
}
