import { escapeXml, short, staticSvg } from "../render/staticSvg.ts";
import { shortToken } from "../render/visibleToken.ts";
import { wrapText } from "../render/wrapText.ts";
import { isRight, type LensCells, siteLabel, summaryText, topText } from "./data.ts";

const WIDTH = 860;
const LEFT = 100;
const CELL = 84;
const ROW = 24;
const TOP = 84;
const LETTERS = 11;
const MOST_COLUMNS = Math.floor((WIDTH - LEFT - 12) / CELL);
const LINE = 118;

/** The latest positions: the likeliest token of each site, above a bar as long as its probability. */
export function lensPicture(cells: LensCells, subtitle: string, translated: boolean): string {
  const { sites, positions, targets, targetTexts } = cells;
  const first = Math.max(0, positions.length - MOST_COLUMNS);
  const columns = Array.from({ length: positions.length - first }, (_, i) => first + i);
  const xOf = (column: number): number => LEFT + (column - first) * CELL;
  const text = (style: string, x: number, y: number, said: string): string =>
    `<text class="${style}" x="${short(x)}" y="${y}">${escapeXml(said)}</text>`;
  const bottom = TOP + sites.length * ROW;
  const heads = columns.flatMap((column) => [
    text("t k n", xOf(column), TOP - 26, shortToken(cells.tokenTexts[column] ?? "", LETTERS)),
    text("m k", xOf(column), TOP - 11, String(positions[column])),
    text(
      "t k",
      xOf(column),
      bottom + 14,
      targets[column] === -1 ? "–" : shortToken(targetTexts[column] ?? "", LETTERS),
    ),
  ]);
  const names = sites.map((site, row) =>
    text("m k e", LEFT - 10, TOP + row * ROW + 13, siteLabel(site)),
  );
  const drawn = { bars: "", tracks: "" };
  const tops = sites.flatMap((_, row) =>
    columns.map((column) => {
      const cell = row * positions.length + column;
      const [x, y] = [xOf(column), TOP + row * ROW];
      const width = CELL - 8;
      const probability = Math.min(1, Math.max(0, cells.probabilities[cell] ?? 0));
      drawn.tracks += `M${short(x)} ${y + 17}h${width}v4h${-width}z`;
      if (probability > 0)
        drawn.bars += `M${short(x)} ${y + 17}h${short(width * probability)}v4h${short(-width * probability)}z`;
      const style = isRight(cells, cell) ? "t k n" : "t k";
      return text(style, x, y + 13, shortToken(topText(cells, cell), LETTERS));
    }),
  );
  const left = positions.length - columns.length;
  const notes = [
    ...wrapText(`${summaryText(cells)}.`, LINE),
    "Cells: the likeliest next token, bold where it is the target; a bar is its probability, 0 to 1 (recomputed).",
    ...(left > 0 ? [`Not shown: ${left} earlier positions.`] : []),
  ];
  const title = translated ? "Tuned lens" : "Lens";
  return staticSvg(
    WIDTH,
    bottom + 30 + notes.length * 16,
    `${title}: what each layer of ${subtitle} would say next`,
    `<text class="t h" x="16" y="26">${title}</text><text class="m" x="${translated ? 100 : 64}" y="26">${escapeXml(subtitle)}</text>
${text("m e", LEFT - 10, TOP - 26, "token")}${text("m e", LEFT - 10, bottom + 14, "target")}
<path class="f" d="${drawn.tracks}"/><path class="q3" d="${drawn.bars}"/>
${[...heads, ...names, ...tops].join("\n")}
${notes.map((note, i) => text("m", 16, bottom + 38 + i * 16, note)).join("\n")}`,
  );
}
