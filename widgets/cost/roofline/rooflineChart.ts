import type { RooflineRecord } from "../../../engine/trace/schema.ts";
import { axes, type Place, type Plot, placeOn } from "../../render/chart/axes.ts";
import { round, type SvgNode, svg, svgLabel } from "../../render/chart/svgNode.ts";
import { type RooflineDot, roofAt, rooflineAxes, rooflineDots } from "./data.ts";

export interface RooflineChart {
  readonly node: SvgNode;
  readonly dots: readonly RooflineDot[];
  readonly x: Place;
  readonly y: Place;
  readonly nearest: (x: number, y: number) => number | null;
}

const REACH = 24;

/** Both limits of a device on logarithmic axes, and a mark for each part of the model in each phase. */
export function rooflineChart(
  record: RooflineRecord,
  width: number,
  height: number,
): RooflineChart {
  const plot: Plot = { left: 64, top: 22, right: width - 12, bottom: height - 38 };
  const both = rooflineAxes(record);
  const x = placeOn(both.x, plot.left, plot.right);
  const y = placeOn(both.y, plot.bottom, plot.top);
  const dots = rooflineDots(record);
  const [least, most] = both.x.domain;
  const at = (intensity: number): string =>
    `${round(x(intensity))} ${round(y(roofAt(record, intensity)))}`;
  const corner = Math.min(most, Math.max(least, record.ridge));
  const node = svg(
    "g",
    {},
    axes(plot, both.x, both.y),
    svg("path", {
      class: "grey0",
      ...{ stroke: "currentColor", fill: "none", "stroke-width": 2 },
      d: `M${at(least)}L${at(corner)}L${at(most)}`,
    }),
    svgLabel("m e", x(most) - 4, y(record.flopsPerSecond) - 7, "arithmetic"),
    svgLabel("m", x(least) + 8, y(roofAt(record, least * 1.12)) - 12, "memory"),
    svg("path", { class: "l", "stroke-dasharray": "2 3", d: `M${at(corner)}V${plot.bottom}` }),
    ...dots.map((dot) => markOf(dot, x, y)),
  );
  return {
    node,
    dots,
    x,
    y,
    nearest(px, py) {
      const far = dots.map((dot) => Math.hypot(x(dot.x) - px, y(dot.y) - py));
      const closest = Math.min(...far);
      return closest > REACH ? null : far.indexOf(closest);
    },
  };
}

/** Prefill is a circle, decode a square; full where it was measured; a whole phase is larger. */
function markOf({ row, x: atX, y: atY, isMeasured }: RooflineDot, x: Place, y: Place): SvgNode {
  const size = row.costClass === null ? 7 : 5;
  const [cx, cy] = [round(x(atX)), round(y(atY))];
  const look = {
    class: row.tone,
    stroke: "currentColor",
    "stroke-width": 2,
    fill: isMeasured ? "currentColor" : "none",
    ...(isMeasured && { "fill-opacity": 0.75 }),
  };
  return row.phase === "prefill"
    ? svg("circle", { ...look, cx, cy, r: size })
    : svg("rect", { ...look, x: cx - size, y: cy - size, width: 2 * size, height: 2 * size });
}
