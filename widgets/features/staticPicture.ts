import { escapeXml, SIGNED_LEVELS, STATIC_LEVELS, short, staticSvg } from "../render/staticSvg.ts";
import { shortToken } from "../render/visibleToken.ts";
import {
  type FeatureRows,
  isSigned,
  largestTokens,
  rowOf,
  shortName,
  shortText,
  sizeOf,
  strengthOf,
} from "./data.ts";

const WIDTH = 860;
const LEFT = 16;
const STRIP = WIDTH - 2 * LEFT;
const TOP = 48;
const BLOCK = 58;
const MOST_FEATURES = 12;
const MOST_LARGEST = 5;

/** A strip of tokens for each feature, on one scale, with its largest tokens below. */
export function featuresPicture(rows: FeatureRows, subtitle: string): string {
  const shown = rows.names.slice(0, MOST_FEATURES);
  const most = sizeOf(rows.values);
  const signed = isSigned(rows);
  const blocks = shown.map((name, row) => {
    const y = TOP + row * BLOCK;
    return `<text class="t n" x="${LEFT}" y="${y + 12}">${escapeXml(shortName(name, 80))}</text>
${strip(rowOf(rows, row), y + 18, most, signed)}
<text class="m k" x="${LEFT}" y="${y + 46}">${escapeXml(largestText(rows, row))}</text>`;
  });
  const bottom = TOP + shown.length * BLOCK;
  const left = rows.names.length - shown.length;
  const scale = signed
    ? `full colour is ${shortText(most, "")} in red, as far below 0 in blue`
    : `full colour is ${shortText(most, "")}`;
  const notes = [
    `Tokens across, one linear scale: ${scale}; grey has no number. Below: the largest.`,
    ...(left > 0 ? [`Not shown: ${left} more features.`] : []),
  ];
  return staticSvg(
    WIDTH,
    bottom + 14 + notes.length * 16,
    `Features of ${subtitle}`,
    `<text class="t h" x="${LEFT}" y="26">Features</text><text class="m" x="104" y="26">${escapeXml(subtitle)}</text>
${blocks.join("\n")}
${notes.map((note, i) => `<text class="m" x="${LEFT}" y="${bottom + 14 + i * 16}">${escapeXml(note)}</text>`).join("\n")}`,
  );
}

/** Cells by level, all of one level in one path. */
function strip(values: Float64Array, y: number, most: number, signed: boolean): string {
  const width = STRIP / values.length;
  const gap = Math.min(1, width / 8);
  const paths = new Map<string, string>();
  values.forEach((value, token) => {
    const t = strengthOf(value, most, "linear");
    const style = classOf(t, signed);
    const cell = `M${short(LEFT + token * width)} ${y}h${short(width - gap)}v14h${short(gap - width)}z`;
    paths.set(style, (paths.get(style) ?? "") + cell);
  });
  return [...paths].map(([style, d]) => `<path class="${style}" d="${d}"/>`).join("");
}

/** The static pictures' class of a strength; of what has no number that of grey. */
function classOf(t: number, signed: boolean): string {
  if (Number.isNaN(t)) return "f";
  if (signed) return `d${Math.round(((t + 1) / 2) * (SIGNED_LEVELS - 1))}`;
  return t === 0 ? "f" : `q${Math.min(STATIC_LEVELS - 1, Math.floor(t * STATIC_LEVELS))}`;
}

function largestText(rows: FeatureRows, row: number): string {
  const values = rowOf(rows, row);
  const tokens = largestTokens(values, MOST_LARGEST);
  if (tokens.length === 0) return "no token has a number";
  return tokens
    .map(
      (token) =>
        `${shortToken(rows.tokenTexts[token] ?? "", 10)} (${token}) ${shortText(values[token] ?? Number.NaN, rows.units[row] ?? "")}`,
    )
    .join("  ");
}
