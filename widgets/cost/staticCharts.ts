import type { CostRecord, RooflineRecord } from "../../engine/trace/schema.ts";
import { lineChart } from "../render/chart/lineChart.ts";
import { type SvgNode, svg, svgLabel } from "../render/chart/svgNode.ts";
import { byteCount, percent, siNumber } from "../render/formatNumber.ts";
import { cacheLines, cacheRows } from "./cache/data.ts";
import { CLASS_NAMES } from "./data.ts";
import { parameterFlows } from "./parameters/data.ts";
import { parametersChart } from "./parameters/parametersChart.ts";
import { limitsText } from "./roofline/data.ts";
import { rooflineChart } from "./roofline/rooflineChart.ts";
import { STACKED, type StackRow, stackedParts, stackRows } from "./stack/data.ts";
import { stackChart } from "./stack/stackChart.ts";

const LEGEND = 300;
const ROW = 15;
const STACK = 150;
const FLOW = 180;
/** Of the width, for the flow of parameters beside the cache. */
const FLOW_SHARE = 0.55;
const ROOFLINE = 260;
const GAP = 20;
const MOST_BARS = 220;

/** Where a run's cost goes, as far as a picture that stands still can say it. @returns what is drawn, and how high it is */
export function staticCharts(
  cost: CostRecord,
  roofline: RooflineRecord | null,
  width: number,
): { readonly node: SvgNode; readonly height: number } {
  const placed: SvgNode[] = [];
  const place = (x: number, y: number, node: SvgNode): void => {
    placed.push(svg("g", { transform: `translate(${x} ${y})` }, node));
  };
  const { node: stack, rows } = stackOf(cost, width - LEGEND - GAP);
  const high = Math.max(STACK, rows.length * ROW + 24);
  place(0, 0, stack);
  place(width - LEGEND, 0, legend(rows));

  const wide = Math.round((width - GAP) * FLOW_SHARE);
  const flows = parameterFlows(cost);
  const tall = Math.max(FLOW, flows.length * ROW + 46);
  place(0, high + GAP, parametersChart(flows, wide, tall).node);
  place(wide + GAP, high + GAP, cacheOf(cost, width - wide - GAP, tall));
  let height = high + GAP + tall;

  if (roofline !== null) {
    place(0, height + GAP + 16, rooflineChart(roofline, width, ROOFLINE).node);
    place(0, height + GAP, svgLabel("m", 0, 0, limitsText(roofline)));
    height += GAP + 16 + ROOFLINE;
  }
  return { node: svg("g", {}, ...placed), height };
}

function stackOf(cost: CostRecord, width: number) {
  const { byClass, tokens, classes } = cost;
  const parts = stackedParts(classes, "flops");
  const firstDecoded = tokens.findIndex(({ phase }) => phase === "decode");
  const { node } = stackChart({
    ...{ width, height: STACK, byClass, parts, mostBars: MOST_BARS },
    nClasses: classes.length,
    nTokens: tokens.length,
    firstDecoded: firstDecoded < 0 ? tokens.length : firstDecoded,
    quantity: "flops",
    isShare: false,
  });
  return { node, rows: stackRows(byClass, classes.length, parts, "flops", null) };
}

function legend(rows: readonly StackRow[]): SvgNode {
  return svg(
    "g",
    {},
    svgLabel("m", 0, 12, "FLOPs of the run (derived)"),
    ...[...rows].reverse().flatMap(({ part, amount, share }, i) => {
      const y = 28 + i * ROW;
      return [
        svg("rect", {
          class: part.tone,
          fill: "currentColor",
          ...{ x: 0, y: y - 9, width: 10, height: 10, rx: 2 },
        }),
        svgLabel("t", 17, y, CLASS_NAMES[part.costClass]),
        svgLabel("t e", LEGEND - 60, y, STACKED.flops.format(amount)),
        svgLabel("m e", LEGEND - 6, y, percent(share)),
      ];
    }),
  );
}

function cacheOf(cost: CostRecord, width: number, height: number): SvgNode {
  const rows = cacheRows(cost);
  const nTokens = Math.max(1, cost.tokens.length);
  const most = nTokens * Math.max(...rows.map(({ bytesPerToken }) => bytesPerToken));
  return lineChart({
    ...{ width, height, labelRoom: 132 },
    x: { label: "tokens", domain: [0, nTokens], format: siNumber, isWhole: true, nTicks: 4 },
    y: { label: "bytes in the cache (derived)", domain: [0, most], format: byteCount, nTicks: 4 },
    lines: cacheLines(rows, nTokens, false),
  }).node;
}
