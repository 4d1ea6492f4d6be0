import { escapeXml, STATIC_LEVELS, short, staticSvg } from "../render/staticSvg.ts";
import { shortToken } from "../render/visibleToken.ts";
import { errorText, type PrecisionRecord, summaryText } from "./data.ts";
import { type CellMap, siteMap } from "./maps.ts";

const WIDTH = 860;
const LEFT = 220;
const ROW = 17;
const MOST_CELL = 34;
/** Moved tokens that are told; of more it says how many. */
const MOST_TOKENS = 8;

/** Errors of sites by layer, and the tokens of which another one is likeliest. */
export function precisionPicture(record: PrecisionRecord): string {
  const map = siteMap(record, "relative", "log");
  const width = Math.min(MOST_CELL, (WIDTH - LEFT - 16) / Math.max(1, record.nLayers));
  const top = 78;
  const bottom = top + map.rowLabels.length * ROW + 18;
  const errors = record.rows.flatMap(({ errors: all }) => all.map(({ relative }) => relative));
  const known = errors.filter((error) => error > 0);
  const range =
    known.length === 0
      ? "Every number is the same in both."
      : `Relative error by decades, ${errorText(Math.min(...known))} to ${errorText(Math.max(...known))}; full colour is the largest, grey no difference.`;
  const moved = movedLines(record);
  return staticSvg(
    WIDTH,
    bottom + 16 + moved.length * 16 + 12,
    `Precision of ${record.name} beside ${record.referenceName}`,
    `<text class="t h" x="16" y="26">Precision</text><text class="m" x="104" y="26">${escapeXml(`${record.name} beside ${record.referenceName} · ${record.tokens.length} tokens`)}</text>
<text class="t" x="16" y="48">${escapeXml(summaryText(record))}</text>
${cells(map, top, width)}
<text class="m" x="16" y="${bottom}">${escapeXml(`Sites down, layers across. ${range}`)}</text>
${moved.map((line, i) => `<text class="m k" x="16" y="${bottom + 18 + i * 16}">${escapeXml(line)}</text>`).join("\n")}`,
  );
}

function cells(
  { rowLabels, columnLabels, strengthAt }: CellMap,
  top: number,
  width: number,
): string {
  const paths = new Array<string>(STATIC_LEVELS + 1).fill(""); // the last for what is the same in both
  rowLabels.forEach((_, row) => {
    columnLabels.forEach((_label, column) => {
      const t = strengthAt(row, column);
      if (t === null || Number.isNaN(t)) return;
      const level =
        t === 0 ? STATIC_LEVELS : Math.min(STATIC_LEVELS - 1, Math.floor(t * STATIC_LEVELS));
      paths[level] +=
        `M${short(LEFT + column * width)} ${top + row * ROW}h${short(width - Math.min(1, width / 8))}v${ROW - 1}h${short(-width + Math.min(1, width / 8))}z`;
    });
  });
  const every = Math.max(1, Math.ceil(26 / width));
  const labels = columnLabels.flatMap((text, column) =>
    column % every === 0
      ? [
          `<text class="m c" x="${short(LEFT + (column + 0.5) * width)}" y="${top - 6}">${text}</text>`,
        ]
      : [],
  );
  const names = rowLabels.map(
    (name, row) =>
      `<text class="m k e" x="${LEFT - 8}" y="${top + row * ROW + 12}">${escapeXml(name)}</text>`,
  );
  const drawn = paths.flatMap((d, i) =>
    d === "" ? [] : [`<path class="${i === STATIC_LEVELS ? "f" : `q${i}`}" d="${d}"/>`],
  );
  return [...drawn, ...labels, ...names].join("\n");
}

function movedLines({ tokens, tokenTexts }: PrecisionRecord): string[] {
  const moved = tokens.flatMap((shift, t) => (shift.isMoved ? [{ shift, t }] : []));
  const lines = moved
    .slice(0, MOST_TOKENS)
    .map(
      ({ shift, t }) =>
        `behind ${shortToken(tokenTexts[t] ?? "", 16)} (${t}): ${shortToken(shift.top, 16)}, not ${shortToken(shift.referenceTop, 16)}`,
    );
  const left = moved.length - lines.length;
  return left > 0 ? [...lines, `and ${left} more`] : lines;
}
