import { type Axis, axes, type Place, type Plot, placeOn, spread } from "./axes.ts";
import { round, type SvgNode, svg, svgLabel } from "./svgNode.ts";
import type { Tone } from "./tones.ts";

export interface ChartLine {
  /** Stands at the line's end, a second row below it where there is one. */
  readonly label: string;
  readonly detail?: string;
  readonly tone: Tone;
  readonly isDashed?: boolean;
  readonly isStrong?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** A dot at each point. */
  readonly hasDots?: boolean;
}

/** What lies between two lines. */
export interface ChartBand {
  readonly tone: Tone;
  readonly points: readonly (readonly [x: number, low: number, high: number])[];
}

/** How sure a point is. */
export interface ChartInterval {
  readonly tone: Tone;
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

export interface LineChartOptions {
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly ChartLine[];
  readonly bands?: readonly ChartBand[];
  readonly intervals?: readonly ChartInterval[];
  /** Room for the lines' labels, in pixels; default 150. */
  readonly labelRoom?: number;
  /** Room for the marks of y, in pixels; default 64. */
  readonly markRoom?: number;
}

export interface Chart {
  readonly node: SvgNode;
  readonly plot: Plot;
  readonly x: Place;
  readonly y: Place;
}

const TOP = 22;
const BOTTOM = 38;
const DASHES = "6 4";
/** Room before a label, for its line's key. */
const KEY = 30;
/** A letter of a label is about so wide. */
const LETTER = 7;

/** Lines over two axes, each named at its end, with bands below and intervals above them. */
export function lineChart(options: LineChartOptions): Chart {
  const {
    width,
    height,
    lines,
    bands = [],
    intervals = [],
    labelRoom = 150,
    markRoom = 64,
  } = options;
  const plot: Plot = {
    left: markRoom,
    top: TOP,
    right: Math.max(markRoom + 40, width - labelRoom),
    bottom: height - BOTTOM,
  };
  const x = placeOn(options.x, plot.left, plot.right);
  const y = placeOn(options.y, plot.bottom, plot.top);
  const node = svg(
    "g",
    {},
    axes(plot, options.x, options.y),
    ...bands.map((band) => bandOf(band, x, y)),
    ...lines.map((line) => lineOf(line, x, y)),
    ...intervals.map((interval) => intervalOf(interval, x, y)),
    ...lines.flatMap((line) => (line.hasDots ? dotsOf(line, x, y) : [])),
    ...endLabels(lines, y, plot, Math.floor((labelRoom - KEY) / LETTER)),
  );
  return { node, plot, x, y };
}

function lineOf({ tone, isDashed, isStrong, points }: ChartLine, x: Place, y: Place): SvgNode {
  return svg("path", {
    class: tone,
    fill: "none",
    stroke: "currentColor",
    "stroke-width": isStrong ? 2.5 : 1.5,
    "stroke-linejoin": "round",
    ...(isDashed && { "stroke-dasharray": DASHES }),
    d: points
      .map(([px, py], i) => `${i === 0 ? "M" : "L"}${round(x(px))} ${round(y(py))}`)
      .join(""),
  });
}

function dotsOf({ tone, points }: ChartLine, x: Place, y: Place): SvgNode[] {
  return points.map(([px, py]) =>
    svg("circle", {
      class: tone,
      fill: "currentColor",
      cx: round(x(px)),
      cy: round(y(py)),
      r: 3.5,
    }),
  );
}

function bandOf({ tone, points }: ChartBand, x: Place, y: Place): SvgNode {
  const at = (px: number, py: number): string => `${round(x(px))} ${round(y(py))}`;
  const there = points.map(([px, , high]) => at(px, high));
  const back = [...points].reverse().map(([px, low]) => at(px, low));
  return svg("path", {
    class: tone,
    fill: "currentColor",
    "fill-opacity": 0.22,
    d: points.length === 0 ? "" : `M${[...there, ...back].join("L")}Z`,
  });
}

function intervalOf({ tone, x: at, low, high }: ChartInterval, x: Place, y: Place): SvgNode {
  const [left, right] = [round(x(at) - 4), round(x(at) + 4)];
  const [top, bottom] = [round(y(high)), round(y(low))];
  return svg("path", {
    class: tone,
    stroke: "currentColor",
    fill: "none",
    d: `M${left} ${top}H${right}M${left} ${bottom}H${right}M${round(x(at))} ${top}V${bottom}`,
  });
}

function endLabels(
  lines: readonly ChartLine[],
  y: Place,
  plot: Plot,
  mostLetters: number,
): SvgNode[] {
  const gap = lines.some(({ detail }) => detail !== undefined) ? 30 : 16;
  const named = lines.filter(({ points }) => points.length > 0);
  const wanted = named.map(({ points }) => y(points.at(-1)?.[1] ?? 0) + 4);
  const places = spread(wanted, gap, plot.top + 4, plot.bottom - (gap - 16));
  return named.flatMap(({ label, detail, tone, isDashed, isStrong }, i) => {
    const at = places[i] ?? 0;
    const left = plot.right + 10;
    const key = svg("path", {
      class: tone,
      stroke: "currentColor",
      "stroke-width": isStrong ? 3 : 2,
      ...(isDashed && { "stroke-dasharray": "4 2" }),
      d: `M${round(left)} ${round(at - 4)}h14`,
    });
    return [
      key,
      svgLabel(isStrong ? "t n" : "t", left + 19, at, cut(label, mostLetters)),
      ...(detail === undefined ? [] : [svgLabel("m", left + 19, at + 13, detail)]),
    ];
  });
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
}
