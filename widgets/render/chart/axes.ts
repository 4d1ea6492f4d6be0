import { scaleLinear, scaleLog } from "d3";
import { round, type SvgNode, svg, svgLabel } from "./svgNode.ts";

export interface Axis {
  readonly label: string;
  readonly domain: readonly [least: number, most: number];
  readonly isLog?: boolean;
  readonly format: (value: number) => string;
  /** No more marks than this; default 6. */
  readonly nTicks?: number;
  /** Marks at whole numbers alone. */
  readonly isWhole?: boolean;
  /** Where the marks stand; default round numbers. */
  readonly marks?: readonly number[];
}

/** Where in a picture the plot itself lies, in pixels. */
export interface Plot {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export type Place = (value: number) => number;

/** The axis from one pixel to another. A logarithmic one takes numbers above 0 alone. */
export function placeOn(axis: Axis, from: number, to: number): Place {
  const ends = [from, to];
  return axis.isLog
    ? scaleLog().domain(axis.domain).range(ends)
    : scaleLinear().domain(axis.domain).range(ends);
}

/** Numbers to be marked: round ones within the axis, of a logarithmic one powers of ten. */
export function marksOf({ domain, isLog, nTicks = 6, isWhole, marks }: Axis): readonly number[] {
  if (marks) return marks;
  if (!isLog)
    return scaleLinear()
      .domain(domain)
      .ticks(nTicks)
      .filter((mark) => !isWhole || Number.isInteger(mark));
  const first = Math.ceil(Math.log10(domain[0]) - 1e-9);
  const last = Math.floor(Math.log10(domain[1]) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / nTicks));
  const powers: number[] = [];
  for (let power = first; power <= last; power += every) powers.push(10 ** power);
  return powers.length > 1 ? powers : scaleLog().domain(domain).ticks(3);
}

/** Both axes with their marks, faint lines across, and what they are of. */
export function axes(plot: Plot, x: Axis, y: Axis): SvgNode {
  const atX = placeOn(x, plot.left, plot.right);
  const atY = placeOn(y, plot.bottom, plot.top);
  const across = marksOf(y).map((mark) => `M${plot.left} ${round(atY(mark))}H${round(plot.right)}`);
  return svg(
    "g",
    {},
    svg("path", {
      class: "l",
      d: `${across.join("")}M${plot.left} ${plot.bottom}H${round(plot.right)}`,
    }),
    ...marksOf(y).map((mark) => svgLabel("m e", plot.left - 8, atY(mark) + 4, y.format(mark))),
    ...marksOf(x).map((mark) => svgLabel("m c", atX(mark), plot.bottom + 16, x.format(mark))),
    svgLabel("m", plot.left, plot.top - 8, y.label),
    svgLabel("m e", plot.right, plot.bottom + 31, x.label),
  );
}

/** Heights of labels moved apart to `gap` pixels at least, in their order, within [top, bottom] where they have room. */
export function spread(
  wanted: readonly number[],
  gap: number,
  top: number,
  bottom: number,
): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const places = [...wanted];
  let free = top;
  for (const i of order) {
    places[i] = Math.max(free, wanted[i] ?? 0);
    free = (places[i] ?? 0) + gap;
  }
  let end = bottom;
  for (const i of order.reverse()) {
    places[i] = Math.min(end, places[i] ?? 0);
    end = (places[i] ?? 0) - gap;
  }
  return places;
}
