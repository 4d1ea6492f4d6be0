import { round, type SvgNode, svg, svgLabel } from "../render/chart/svgNode.ts";
import { effectText, type SweepRecord } from "./data.ts";

const WIDTH = 260;
const HEIGHT = 46;
const EDGE = 8;
const LINE = 16;

/** A cell's effect with its interval, on the line from the lowest end of any cell to the highest; null where there are no intervals. */
export function intervalChart(record: SweepRecord, cell: number): SvgNode | null {
  const { effects, low, high } = record;
  if (low === null || high === null) return null;
  const ends = [...low, ...high].filter(Number.isFinite);
  const [least, most] = [ends.reduce(min, 0), ends.reduce(max, 0)];
  const own = [effects[cell], low[cell], high[cell]].map((x) => x ?? Number.NaN);
  if (least === most || !own.every(Number.isFinite)) return null;
  const [effect = 0, from = 0, to = 0] = own;
  const xOf = (x: number): number =>
    round(EDGE + ((x - least) / (most - least)) * (WIDTH - 2 * EDGE));
  return svg(
    "svg",
    { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}` },
    svg("path", { class: "l", d: `M${EDGE} ${LINE}H${WIDTH - EDGE}` }),
    svg("path", { class: "l", d: `M${xOf(0)} 4V28` }),
    svg("path", {
      class: "blue0",
      d: `M${xOf(from)} ${LINE}H${xOf(to)}`,
      ...{ stroke: "currentColor", "stroke-width": 3 },
    }),
    svg("circle", {
      class: "blue0",
      ...{ cx: xOf(effect), cy: LINE, r: 4.5, fill: "currentColor" },
    }),
    svgLabel("m", EDGE, 42, effectText(least)),
    svgLabel("m e", WIDTH - EDGE, 42, effectText(most)),
  );
}

const min = (a: number, b: number): number => Math.min(a, b);
const max = (a: number, b: number): number => Math.max(a, b);
