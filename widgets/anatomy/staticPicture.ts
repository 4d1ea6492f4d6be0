import type { AnatomyPart, ModelAnatomy } from "../../engine/trace/schema.ts";
import { toneOf } from "../cost/classGroups.ts";
import { CLASS_NAMES } from "../cost/data.ts";
import { round, svg, svgLabel, svgMarkup } from "../render/chart/svgNode.ts";
import { escapeXml, staticSvg } from "../render/staticSvg.ts";
import { wrapText } from "../render/wrapText.ts";
import {
  anatomyText,
  classShares,
  describeModel,
  formulaOf,
  operatorName,
  parametersText,
  partName,
} from "./data.ts";
import { mosaic, mostParameters } from "./mosaic.ts";

const WIDTH = 860;
const SQUARE = 72;
const ROW = 92;
/** Where the operators of the part with most parameters stand. */
const RIGHT = 430;
const LINE = 15;
/** Letters of a formula. */
const FORMULA = 36;
/** Parts that are drawn; of more it says how many. */
const MOST_PARTS = 12;

/** The parts one below the other with their squares, and the operators of the largest block. */
export function anatomyPicture(anatomy: ModelAnatomy): string {
  const parts = anatomy.parts.slice(0, MOST_PARTS);
  const most = mostParameters(anatomy.parts);
  const rows = parts.map((part, i) =>
    svgMarkup(
      svg(
        "g",
        { transform: `translate(16 ${44 + i * ROW})` },
        mosaic(part, most, SQUARE),
        svgLabel("t n", SQUARE + 14, 24, partName(part)),
        ...wrapText(part.title, 47)
          .slice(0, 2)
          .map((line, n) => svgLabel("t", SQUARE + 14, 40 + n * 14, line)),
        svgLabel("m", SQUARE + 14, 70, parametersText(part)),
      ),
    ),
  );
  const left = anatomy.parts.length - parts.length;
  const block = largestBlock(anatomy.parts);
  const operators = block === null ? [] : operatorLines(block);
  const bodyEnd = Math.max(44 + parts.length * ROW, 62 + operators.length * LINE) + 12;
  const { text: classes, bottom } = legend(anatomy.parts, bodyEnd);
  const more = left > 0 ? ` ${left} more parts are not drawn.` : "";
  return staticSvg(
    WIDTH,
    bottom + 36,
    anatomyText(anatomy).split("\n")[0] ?? "Anatomy",
    `<text class="t h" x="16" y="26">Anatomy</text><text class="m" x="96" y="26">${escapeXml(describeModel(anatomy))}</text>
${rows.join("\n")}
${operators.map((node, i) => svgMarkup(svg("g", { transform: `translate(${RIGHT} ${62 + i * LINE})` }, ...node))).join("\n")}
${classes}
<text class="m" x="16" y="${bottom + 22}">${escapeXml(`A square's area is the number of its parameters; full is what one token meets.${more}`)}</text>`,
  );
}

function largestBlock(parts: readonly AnatomyPart[]): AnatomyPart | null {
  const blocks = parts.filter(({ kind }) => kind === "block");
  return blocks.toSorted((a, b) => b.parameters - a.parameters)[0] ?? null;
}

function operatorLines(block: AnatomyPart) {
  return [
    [svgLabel("t n", 0, 0, `${partName(block)}, operator by operator`)],
    ...block.operators.map((operator) => [
      svg("rect", {
        class: toneOf(operator.costClass),
        fill: "currentColor",
        ...{ x: 0, y: -8, width: 8, height: 8 },
      }),
      svgLabel("m k", 14, 0, operatorName(operator)),
      svgLabel("m k", 178, 0, cut(formulaOf(operator))),
    ]),
  ];
}

function cut(formula: string): string {
  return formula.length > FORMULA ? `${formula.slice(0, FORMULA - 1)}…` : formula;
}

/** What the colours are, in as many lines as they need. */
function legend(parts: readonly AnatomyPart[], top: number): { text: string; bottom: number } {
  const classes = [...new Set(parts.flatMap(classShares).map(({ costClass }) => costClass))];
  let [x, y] = [16, top + 14];
  const items = classes.map((costClass) => {
    const text = CLASS_NAMES[costClass];
    const width = 26 + text.length * 6.2;
    if (x + width > WIDTH - 16) [x, y] = [16, y + 18];
    const swatch = {
      class: toneOf(costClass),
      fill: "currentColor",
      ...{ x: 0, y: -9, width: 10, height: 10 },
    };
    const placed = { transform: `translate(${round(x)} ${y})` };
    x += width;
    return svg("g", placed, svg("rect", swatch), svgLabel("m", 14, 0, text));
  });
  return { text: items.map(svgMarkup).join("\n"), bottom: y };
}
