import type { ConversationCostRecord } from "../../engine/trace/schema.ts";
import { lineChart } from "../render/chart/lineChart.ts";
import { svg, svgMarkup } from "../render/chart/svgNode.ts";
import { escapeXml, staticSvg } from "../render/staticSvg.ts";
import {
  CACHED,
  conversationDrawing,
  conversationSummary,
  currenciesOf,
  heightOf,
} from "./data.ts";

const WIDTH = 820;

/** The lists of each currency over the turns, with what was really cached. */
export function conversationPicture(record: ConversationCostRecord): string {
  let y = 40;
  const charts = currenciesOf(record).map((currency) => {
    const drawing = conversationDrawing(record, currency, "shared", false);
    const height = heightOf(drawing.lines.length);
    const { node } = lineChart({ ...drawing, width: WIDTH - 32, height, labelRoom: 220 });
    const placed = svgMarkup(svg("g", { transform: `translate(16 ${y})` }, node));
    y += height + 12;
    return placed;
  });
  return staticSvg(
    WIDTH,
    y + 18,
    `What a conversation of ${record.turns.length} turns costs`,
    `<text class="t h" x="16" y="26">Conversation</text><text class="m" x="134" y="26">${escapeXml(conversationSummary(record))}</text>
${charts.join("\n")}
<text class="m" x="16" y="${y + 6}">${escapeXml(`Prices are what services would bill, with ${CACHED.shared.means}.`)}</text>`,
  );
}
