import { spread } from "../../render/chart/axes.ts";
import { round, type SvgNode, svg, svgLabel } from "../../render/chart/svgNode.ts";
import { siNumber } from "../../render/formatNumber.ts";
import { CLASS_NAMES } from "../data.ts";
import { FATES, type Fate, type Flow, sumOf } from "./data.ts";

/** Where a part's bar stands, and the room of its name. */
interface PartPlace {
  readonly top: number;
  readonly bottom: number;
  readonly label: number;
}

export interface ParametersChart {
  readonly node: SvgNode;
  readonly places: readonly PartPlace[];
  /** Left and right end of the parts' bars. */
  readonly bars: readonly [left: number, right: number];
  readonly partAt: (x: number, y: number) => number | null;
}

const TOP = 26;
const BOTTOM = 8;
const BAR = 14;
const GAP = 7;
const LABEL = 15;
/** What is too little to be seen has a line of so many pixels. */
const LEAST = 1;
/** Narrower ones have no room for what the middle is. */
const WIDE = 600;
/** Room of the names at the right end. */
const NAMES = 132;
/** Room of a part's name behind its bar, over the ribbons. */
const PART_NAMES = 170;

/** From all parameters to the parts of the model, and from these to what a token meets: as wide as they are many. */
export function parametersChart(
  flows: readonly Flow[],
  width: number,
  height: number,
): ParametersChart {
  const all = sumOf(flows, null);
  const fates = FATES.map((one) => ({ ...one, count: sumOf(flows, one.fate) })).filter(
    ({ count }) => count > 0,
  );
  const nGaps = Math.max(flows.length - 1, fates.length - 1, 0);
  const pixels = (height - TOP - BOTTOM - nGaps * GAP) / Math.max(all, 1);
  const left = 0;
  const right = width - NAMES - BAR;
  const middle = Math.round(left + (right - left) * 0.36);
  const tall = (count: number): number => (count > 0 ? Math.max(LEAST, count * pixels) : 0);

  let y = TOP;
  const tops = flows.map(({ parameters }) => {
    const top = y;
    y += tall(parameters) + GAP;
    return top;
  });
  const bottoms = flows.map(({ parameters }, i) => (tops[i] ?? 0) + tall(parameters));
  const wanted = flows.map((_, i) => ((tops[i] ?? 0) + (bottoms[i] ?? 0)) / 2 + 4);
  const labels = spread(wanted, LABEL, TOP + 8, height - 4);
  const places = flows.map((_, i) => ({
    top: tops[i] ?? 0,
    bottom: bottoms[i] ?? 0,
    label: labels[i] ?? 0,
  }));

  const ends = endPlaces(fates, tall, height);
  let end = TOP;
  const from = flows.map(({ parameters }) => {
    const top = end;
    end += tall(parameters);
    return top;
  });
  const filled = new Map<Fate, number>(ends.map(({ fate, top }) => [fate, top]));
  const ribbons = flows.flatMap(({ part, parameters, fates: uses }, i) => {
    const incoming = ribbon(
      left + BAR,
      from[i] ?? 0,
      middle,
      places[i]?.top ?? 0,
      tall(parameters),
    );
    let top = places[i]?.top ?? 0;
    const outgoing = ends.flatMap(({ fate }) => {
      const high = uses[fate] > 0 ? uses[fate] * pixels : 0;
      if (high === 0) return [];
      const to = filled.get(fate) ?? 0;
      filled.set(fate, to + high);
      const d = ribbon(middle + BAR, top, right, to, Math.max(high, 0.6));
      top += high;
      return [
        svg("path", {
          class: part.tone,
          fill: "currentColor",
          "fill-opacity": fate === "active" ? 0.6 : 0.16,
          d,
        }),
      ];
    });
    return [
      svg("path", { class: part.tone, fill: "currentColor", "fill-opacity": 0.28, d: incoming }),
      ...outgoing,
    ];
  });
  const bar = (x: number, top: number, bottom: number, tone: string): SvgNode =>
    svg("rect", {
      class: tone,
      fill: "currentColor",
      ...{ x, y: round(top), width: BAR, height: round(Math.max(LEAST, bottom - top)) },
    });
  const node = svg(
    "g",
    {},
    svgLabel("m", left, 12, `${siNumber(all)} parameters`),
    ...(width < WIDE ? [] : [svgLabel("m", middle, 12, "by part of the model")]),
    svgLabel("m", right, 12, "for one token"),
    ...ribbons,
    bar(left, TOP, end, "grey0"),
    ...flows.map(({ part }, i) =>
      bar(middle, places[i]?.top ?? 0, places[i]?.bottom ?? 0, part.tone),
    ),
    ...ends.map(({ fate, top, bottom }) =>
      bar(right, top, bottom, fate === "active" ? "grey0" : "grey1"),
    ),
    ...flows.map(({ part, parameters }, i) =>
      svgLabel(
        "t",
        middle + BAR + 7,
        places[i]?.label ?? 0,
        `${CLASS_NAMES[part.costClass]} ${siNumber(parameters)}`,
      ),
    ),
    ...ends.flatMap(({ name, count, label }) => [
      svgLabel("t n", right + BAR + 7, label, `${siNumber(count)} ${name}`),
      svgLabel("m", right + BAR + 7, label + 13, `${((100 * count) / all).toPrecision(3)} %`),
    ]),
  );
  return {
    node,
    places,
    bars: [middle, middle + BAR],
    partAt(x, at) {
      if (x < left || x > right + BAR) return null;
      const byName = x > middle + BAR && x < middle + BAR + PART_NAMES;
      const far = places.map(({ top, bottom, label }) =>
        byName ? Math.abs(at - (label - 4)) : Math.max(top - at, at - bottom, 0),
      );
      const least = Math.min(...far);
      return least > 12 ? null : far.indexOf(least);
    },
  };
}

/** Bars at the right end with their names, which need more room than a thin bar has. */
function endPlaces(
  fates: readonly { readonly fate: Fate; readonly name: string; readonly count: number }[],
  tall: (count: number) => number,
  height: number,
) {
  const room = height - TOP - BOTTOM;
  const used = fates.reduce((sum, { count }) => sum + tall(count), 0);
  const gap = fates.length > 1 ? (room - used) / (fates.length - 1) : 0;
  let y = TOP;
  const bars = fates.map((one) => {
    const top = y;
    y += tall(one.count) + gap;
    return { ...one, top, bottom: top + tall(one.count) };
  });
  const wanted = bars.map(({ top, bottom }) => (top + bottom) / 2);
  const labels = spread(wanted, 32, TOP + 6, height - 16);
  return bars.map((one, i) => ({ ...one, label: labels[i] ?? 0 }));
}

/** A band of one height from (x0, top) to (x1, top). */
function ribbon(x0: number, y0: number, x1: number, y1: number, high: number): string {
  const middle = round((x0 + x1) / 2);
  const [a, b, c, d] = [round(y0), round(y1), round(y1 + high), round(y0 + high)];
  return `M${x0} ${a}C${middle} ${a} ${middle} ${b} ${x1} ${b}V${c}C${middle} ${c} ${middle} ${d} ${x0} ${d}z`;
}
