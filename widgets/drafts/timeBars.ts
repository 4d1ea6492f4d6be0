import { round, type SvgNode, svg, svgLabel } from "../render/chart/svgNode.ts";
import type { Tone } from "../render/chart/tones.ts";
import { type Range, rangeText, type WorthSource } from "./data.ts";

const LEFT = 170;
const TEXT_ROOM = 250;
const ROW = 24;

/** Measured milliseconds of a token either way: the median as a bar, the least and the most as whiskers. */
export function timeBars(
  worth: WorthSource,
  width: number,
): { readonly node: SvgNode; readonly height: number } {
  const ways: readonly (readonly [string, Range, Tone])[] = [
    ["plain", worth.plain.msPerToken, "grey0"],
    ["with drafts", worth.speculative.msPerToken, "blue0"],
  ];
  const longest = Math.max(...ways.map(([, { most }]) => most));
  const full = Math.max(60, width - LEFT - TEXT_ROOM);
  const at = (ms: number): number => (longest === 0 ? 0 : (full * ms) / longest);
  const nodes = ways.flatMap(([name, range, tone], i): SvgNode[] => {
    const y = i * ROW + 4;
    const [left, right] = [round(LEFT + at(range.least)), round(LEFT + at(range.most))];
    return [
      svgLabel("t e", LEFT - 10, y + 13, name),
      svg("rect", {
        ...{ class: tone, fill: "currentColor", "fill-opacity": 0.75 },
        ...{ x: LEFT, y: y + 3, width: round(at(range.median)), height: 13 },
      }),
      svg("path", {
        class: "t", // of which the fill is the ink
        d: `M${left} ${y + 5}h1v4h${round(right - left - 2)}v-4h1v9h-1v-4h${round(left - right + 2)}v4h-1z`,
      }),
      svgLabel("m", LEFT + full + 10, y + 13, rangeText(range)),
    ];
  });
  return { node: svg("g", {}, ...nodes), height: ways.length * ROW + 8 };
}
