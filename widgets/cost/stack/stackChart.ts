import { ticks } from "d3";
import { type Axis, marksOf, type Plot, placeOn } from "../../render/chart/axes.ts";
import { round, type SvgNode, svg, svgLabel } from "../../render/chart/svgNode.ts";
import { percent } from "../../render/formatNumber.ts";
import type { ClassPart } from "../classGroups.ts";
import { binned } from "../data.ts";
import { type Bin, STACKED, type Stacked, stackValues } from "./data.ts";

export interface StackChartOptions {
  readonly width: number;
  readonly height: number;
  /** (T, classes, 4) f64 */
  readonly byClass: Float64Array;
  readonly nClasses: number;
  readonly nTokens: number;
  readonly firstDecoded: number;
  readonly parts: readonly ClassPart[];
  readonly quantity: Stacked;
  /** Every bar as high, so that shares are compared. */
  readonly isShare: boolean;
  /** Bars at most; default one a pixel. */
  readonly mostBars?: number;
}

export interface StackChart {
  readonly node: SvgNode;
  readonly plot: Plot;
  readonly bins: readonly Bin[];
  readonly tokenAt: (x: number) => number | null;
  /** Where a token's bar stands. */
  readonly barOf: (token: number) => { readonly x: number; readonly width: number } | null;
}

const LEFT = 76;
const TOP = 38;
const BOTTOM = 36;
const PHASE_GAP = 14;
const MAX_BAR = 44;

/** A bar for each token, its parts stacked; prefill and decode stand apart. Of more tokens than bars each bar is a mean. */
export function stackChart(options: StackChartOptions): StackChart {
  const { width, height, parts, quantity, isShare, nTokens, firstDecoded } = options;
  const plot: Plot = { left: LEFT, top: TOP, right: width - 8, bottom: height - BOTTOM };
  const room = Math.max(1, plot.right - plot.left - PHASE_GAP);
  const bins = binned(nTokens, Math.max(1, Math.min(options.mostBars ?? room, Math.floor(room))));
  const pitch = Math.min(MAX_BAR, room / Math.max(1, bins.length));
  const bar = pitch > 4 ? pitch - 1.5 : pitch;
  const hasBoth = firstDecoded > 0 && firstDecoded < nTokens;
  const places = bins.map(({ start }, b) => {
    const isBehind = hasBoth && start >= firstDecoded;
    return plot.left + b * pitch + (isBehind ? PHASE_GAP : 0);
  });
  const values = stackValues(options.byClass, options.nClasses, parts, quantity, bins);
  const totals = bins.map((_, b) => {
    const row = values.subarray(b * parts.length, (b + 1) * parts.length);
    return row.reduce((sum, value) => sum + value, 0);
  });
  const most = isShare ? 1 : Math.max(...totals, 0);
  const { label, format } = STACKED[quantity];
  const axis: Axis = {
    label: isShare ? `share of ${label}` : `${label} a token`,
    domain: [0, most || 1],
    nTicks: 4,
    format: isShare ? percent : format,
  };
  const y = placeOn(axis, plot.bottom, plot.top);
  const bottoms = new Float64Array(bins.length);
  const layers = parts.map(({ tone }, p) => {
    let d = "";
    bins.forEach((_, b) => {
      const all = isShare ? (totals[b] ?? 0) : 1;
      const value = all === 0 ? 0 : (values[b * parts.length + p] ?? 0) / all;
      const from = bottoms[b] ?? 0;
      bottoms[b] = from + value;
      if (value <= 0) return;
      const [bottom, top] = [round(y(from)), round(y(from + value))];
      d += `M${round(places[b] ?? 0)} ${bottom}V${top}h${round(bar)}V${bottom}z`;
    });
    return svg("path", { class: tone, fill: "currentColor", d });
  });
  const node = svg(
    "g",
    {},
    yAxis(axis, plot),
    ...layers,
    ...positions(nTokens, bins, places, bar, plot),
    ...phaseNames(firstDecoded, nTokens, bins, places, plot),
  );
  const binOf = (token: number): number => {
    const size = (bins[0]?.end ?? 1) - (bins[0]?.start ?? 0);
    return Math.floor(token / size);
  };
  return {
    node,
    plot,
    bins,
    tokenAt(x) {
      for (let b = bins.length - 1; b >= 0; b--) {
        const [bin, from] = [bins[b], places[b] ?? 0];
        if (bin === undefined || x < from) continue;
        if (x > from + pitch + 2) return null;
        const within = Math.min(0.999, (x - from) / pitch);
        return bin.start + Math.floor(within * (bin.end - bin.start));
      }
      return null;
    },
    barOf(token) {
      const x = token < nTokens ? places[binOf(token)] : undefined;
      return x === undefined ? null : { x, width: bar };
    },
  };
}

function yAxis(axis: Axis, plot: Plot): SvgNode {
  const y = placeOn(axis, plot.bottom, plot.top);
  const across = marksOf(axis).map(
    (mark) => `M${plot.left} ${round(y(mark))}H${round(plot.right)}`,
  );
  return svg(
    "g",
    {},
    svg("path", { class: "l", d: across.join("") }),
    ...marksOf(axis).map((mark) => svgLabel("m e", plot.left - 8, y(mark) + 4, axis.format(mark))),
    svgLabel("m", 0, 10, axis.label),
  );
}

function positions(
  nTokens: number,
  bins: readonly Bin[],
  places: readonly number[],
  bar: number,
  plot: Plot,
): SvgNode[] {
  const size = (bins[0]?.end ?? 1) - (bins[0]?.start ?? 0);
  const room = (places.at(-1) ?? 0) + bar - plot.left;
  const most = Math.max(1, Math.min(12, nTokens, Math.floor(room / 44)));
  const marks = ticks(0, Math.max(0, nTokens - 1), most).filter(Number.isInteger);
  return [
    ...marks.flatMap((mark) => {
      const x = places[Math.floor(mark / size)];
      return x === undefined ? [] : [svgLabel("m c", x + bar / 2, plot.bottom + 15, String(mark))];
    }),
    svgLabel(
      "m",
      plot.left,
      plot.bottom + 30,
      size > 1 ? `position; a bar is the mean of ${size}` : "position",
    ),
  ];
}

function phaseNames(
  firstDecoded: number,
  nTokens: number,
  bins: readonly Bin[],
  places: readonly number[],
  plot: Plot,
): SvgNode[] {
  const decoded =
    firstDecoded < nTokens ? bins.findIndex(({ start }) => start >= firstDecoded) : -1;
  const first = places[0] ?? plot.left;
  const at = decoded >= 0 ? (places[decoded] ?? null) : null;
  const y = plot.top - 6;
  return [
    ...(firstDecoded > 0 ? [svgLabel("m", first, y, "prefill")] : []),
    ...(at === null
      ? []
      : [svgLabel("m", firstDecoded > 0 ? Math.max(at, first + 48) : at, y, "decode")]),
  ];
}
