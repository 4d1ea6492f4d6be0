import { round, type SvgNode, svg, svgLabel } from "../render/chart/svgNode.ts";
import { effectText, type SweepRecord } from "./data.ts";

const WIDTH = 260;
const HEIGHT = 46;
const EDGE = 8;
const LINE = 16;

type Ends = readonly [least: number, most: number];

/** The lowest and the highest end of any cell's interval, and 0 between them; null where there are no intervals. */
export function intervalEnds({ low, high }: SweepRecord): Ends | null {
  if (low === null || high === null) return null;
  let [least, most] = [0, 0];
  for (const values of [low, high])
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  return [least, most];
}

/** A cell's effect with its interval, on the line that all intervals share; null where there are none. */
export function intervalChart(
  record: SweepRecord,
  cell: number,
  ends = intervalEnds(record),
): SvgNode | null {
  const { effects, low, high } = record;
  if (ends === null || low === null || high === null) return null;
  const [least, most] = ends;
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
