import { escapeXml, SIGNED_LEVELS, short, staticSvg } from "../render/staticSvg.ts";
import { type AttributionSum, signedText, summaryText, wholeName } from "./data.ts";
import { barOf, extentOf, shareOf } from "./extent.ts";
import { rowsBySize } from "./rows.ts";

const WIDTH = 860;
const NAME = 210;
const TRACK = 470;
const VALUE = 760;
const RUNNING = 844;
const TOP = 92;
const ROW = 20;
const MOST_PARTS = 20;
const MOST_LETTERS = 30;

/** The strongest parts as bars, what is left, and the running sum that ends at the logit. */
export function attributionPicture(sum: AttributionSum, subtitle: string): string {
  const rows = rowsBySize(sum, MOST_PARTS);
  const extent = extentOf(rows);
  const xOf = (value: number): number => NAME + TRACK * shareOf(value, extent);
  const bottom = TOP + rows.length * ROW;
  const [minus, plus] = [`d0`, `d${SIGNED_LEVELS - 1}`];
  const bars = rows.map(({ value, label, running, kind }, at) => {
    const y = TOP + at * ROW;
    const { start, length } = barOf(value, extent);
    const style = kind === "logit" ? "t n" : kind === "part" ? "t" : "m";
    return `<text class="${style}" x="16" y="${y + 14}">${escapeXml(cut(label))}</text><rect class="${value < 0 ? minus : plus}" x="${short(NAME + TRACK * start)}" y="${y + 4}" width="${short(Math.max(0.5, TRACK * length))}" height="12"/><text class="${style} k e" x="${VALUE}" y="${y + 14}">${signedText(value)}</text><text class="m k e" x="${RUNNING}" y="${y + 14}">${signedText(running ?? 0)}</text>`;
  });
  const line = rows
    .map(({ running }, at) => {
      const x = short(xOf(running ?? 0));
      return `${at === 0 ? "M" : "L"}${x} ${TOP + at * ROW}V${TOP + (at + 1) * ROW}`;
    })
    .join("");
  const zero = short(xOf(0));
  return staticSvg(
    WIDTH,
    bottom + 44,
    `Attribution of ${subtitle}: ${wholeName(sum)}`,
    `<text class="t h" x="16" y="26">Attribution</text><text class="m" x="120" y="26">${escapeXml(subtitle)}</text>
<text class="t" x="16" y="48">${escapeXml(summaryText(sum))}</text>
<text class="m" x="16" y="${TOP - 10}">part</text><text class="m e" x="${VALUE}" y="${TOP - 10}">logits</text><text class="m e" x="${RUNNING}" y="${TOP - 10}">sum</text>
<path class="l" d="M${zero} ${TOP}V${bottom}"/>
${bars.join("\n")}
<path class="u" d="${line}"/>
<text class="m" x="16" y="${bottom + 20}">Bars from 0, red above and blue below, on one linear scale; the dashed line is the sum down to each row.</text>
<text class="m" x="16" y="${bottom + 36}">Recomputed; the final norm's scale is held at what it was.</text>`,
  );
}

const cut = (text: string): string =>
  text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS - 1)}…`;
