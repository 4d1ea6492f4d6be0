import type { AnatomyPart } from "../../engine/trace/schema.ts";
import { toneOf } from "../cost/classGroups.ts";
import { round, type SvgNode, svg } from "../render/chart/svgNode.ts";
import { classShares, timesOf } from "./data.ts";

/** Nothing is drawn smaller, so that it can be found. */
const LEAST = 2;

/**
 * A part's parameters as a square whose area is their number, beside the other parts' squares. Strips are what they belong to;
 * of each the lower share is full that one token meets.
 * @param most parameters of a square with the longest side, `longest`
 */
export function mosaic(part: AnatomyPart, most: number, longest: number): SvgNode {
  const side = sideOf(part, most, longest);
  const all = timesOf(part) * part.parameters;
  const bottom = longest;
  const cells: SvgNode[] = [];
  let x = (longest - side) / 2;
  for (const { costClass, parameters, active } of classShares(part)) {
    const width = (side * parameters) / all;
    const full = (side * active) / parameters;
    const cell = (height: number, y: number, opacity: number) =>
      svg("rect", {
        class: toneOf(costClass),
        fill: "currentColor",
        "fill-opacity": opacity,
        ...{ x: round(x), y: round(y), width: round(width), height: round(height) },
      });
    if (active < parameters) cells.push(cell(side - full, bottom - side, 0.28));
    if (active > 0) cells.push(cell(full, bottom - full, 1));
    x += width;
  }
  return svg("g", {}, ...cells);
}

/** Side of a part's square; the smallest are drawn larger than they are. */
export function sideOf(part: AnatomyPart, most: number, longest: number): number {
  const all = timesOf(part) * part.parameters;
  return all === 0 ? 0 : Math.max(LEAST, longest * Math.sqrt(all / Math.max(1, most)));
}

/** Parameters of the part that has the most. */
export function mostParameters(parts: readonly AnatomyPart[]): number {
  return Math.max(1, ...parts.map((part) => timesOf(part) * part.parameters));
}
