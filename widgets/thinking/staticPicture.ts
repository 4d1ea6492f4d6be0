import type { ThinkingCurveRecord } from "../../engine/trace/schema.ts";
import { lineChart } from "../render/chart/lineChart.ts";
import { svg, svgMarkup } from "../render/chart/svgNode.ts";
import { escapeXml, staticSvg } from "../render/staticSvg.ts";
import { READING, thinkingDrawing } from "./data.ts";

const WIDTH = 820;
const HEIGHT = 300;

/** The curves over their budgets. */
export function thinkingPicture(record: ThinkingCurveRecord): string {
  const nTasks = Math.max(...record.curves.flatMap(({ points }) => points.map(({ n }) => n)));
  const { node } = lineChart({
    ...thinkingDrawing(record, "budgets"),
    ...{ width: WIDTH - 32, height: HEIGHT },
  });
  return staticSvg(
    WIDTH,
    HEIGHT + 74,
    `Accuracy of ${record.model} by budget of thinking`,
    `<text class="t h" x="16" y="26">Thinking</text><text class="m" x="98" y="26">${escapeXml(`${record.model} · up to ${nTasks} tasks a point (measured)`)}</text>
${svgMarkup(svg("g", { transform: "translate(16 36)" }, node))}
<text class="m" x="16" y="${HEIGHT + 58}">${escapeXml(READING)}</text>`,
  );
}
