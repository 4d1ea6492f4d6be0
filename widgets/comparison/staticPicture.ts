import { escapeXml, SIGNED_LEVELS, STATIC_LEVELS, short, staticSvg } from "../render/staticSvg.ts";
import { LEFT_OUT } from "../routing/strengths.ts";
import { type ComparisonState, formatPair, type PairInfo, SIDE_NAMES, type Side } from "./data.ts";
import { type Pair, pooledPair, type Shades, shadesOf } from "./pairs.ts";

const WIDTH = 860;
const LEFT = 170;
const MOST_CELL = 22;
const ROW = 14;
/** Columns of the widest matrix; more are drawn as means. */
const MOST_COLUMNS = 340;
const LINE = 140;

/** A quantity with its numbers. */
interface ReadPair {
  readonly info: PairInfo;
  readonly pair: Pair;
}

/** The first of each tab: what `comparisonPicture` draws. */
export function firstOfTabs<Source extends { readonly info: PairInfo }>(
  sources: readonly Source[],
): Source[] {
  return sources.filter(
    ({ info }, i) => sources.findIndex((other) => other.info.tab === info.tab) === i,
  );
}

/** Quantities as they differ, and of tokens in both runs as well. */
export function comparisonPicture(state: ComparisonState, pairs: readonly ReadPair[]): string {
  const parts: string[] = [];
  let y = 48;
  const say = (text: string, style = "m"): void => {
    parts.push(`<text class="${style}" x="16" y="${y}">${escapeXml(cut(text))}</text>`);
    y += 16;
  };
  for (const text of state.summary) say(text, "t");
  for (const { info, pair: whole } of pairs) {
    const pool = Math.max(1, Math.ceil(info.nColumns / MOST_COLUMNS));
    const pair = pooledPair(whole, info.nColumns, pool);
    const sides: readonly Side[] =
      info.tab === "tokens" && !info.isDifference ? ["a", "b", "difference"] : ["difference"];
    y += 14;
    say(`${info.tab}: ${info.label}, ${info.meaning} (${info.provenance})`, "t");
    for (const side of sides) {
      const shades = shadesOf(pair, side, "linear");
      const nColumns = Math.ceil(info.nColumns / pool);
      const labels =
        sides.length > 1 ? [SIDE_NAMES[side]] : info.rows.map((row) => rowLabel(info, row));
      parts.push(matrix(shades, nColumns, labels, y));
      y += labels.length * ROW + 4;
    }
    y += 10;
    const shades = shadesOf(pair, sides[0] ?? "difference", "linear");
    for (const text of rangeTexts(info, shades, pair, pool)) say(text);
  }
  for (const text of state.missing) say(`Not compared: ${text}`);
  return staticSvg(
    WIDTH,
    y + 6,
    `Comparison of ${state.names.a} and ${state.names.b}`,
    `<text class="t h" x="16" y="26">Comparison</text><text class="m" x="120" y="26">${escapeXml(cut(state.subtitle))}</text>
${parts.join("\n")}`,
  );
}

function rangeTexts(info: PairInfo, shades: Shades, pair: Pair, pool: number): string[] {
  const apart = shadesOf(pair, "difference", "linear");
  const text = (most: number): string => formatPair(info, Number(most.toPrecision(4)));
  const isOfBoth = info.tab === "tokens" && !info.isDifference;
  const signed = apart.isSigned
    ? `differences about 0, full colour is ${text(apart.most)}: red where B has more, blue where A has`
    : `full colour is ${text(apart.most)}`;
  return [
    ...(isOfBoth ? [`A and B on one scale, full colour is ${text(shades.most)}`] : []),
    `${signed}; no cell: no number${pool > 1 ? `; a cell is the mean of ${pool}` : ""}.`,
  ];
}

function rowLabel(info: PairInfo, row: string): string {
  return info.tab === "cost" || info.tab === "tokens" ? row : `layer ${row}`;
}

function matrix(
  { strengths, isSigned }: Shades,
  nColumns: number,
  labels: readonly string[],
  top: number,
): string {
  const width = Math.min(MOST_CELL, (WIDTH - LEFT - 16) / Math.max(1, nColumns));
  const gap = Math.min(1, width / 8);
  const paths = new Map<string, string>();
  strengths.forEach((t, i) => {
    if (t === LEFT_OUT) return;
    const [row, column] = [Math.floor(i / nColumns), i % nColumns];
    const style = isSigned
      ? `d${Math.round(((t + 1) / 2) * (SIGNED_LEVELS - 1))}`
      : t <= 0
        ? "f"
        : `q${Math.min(STATIC_LEVELS - 1, Math.floor(t * STATIC_LEVELS))}`;
    const cell = `M${short(LEFT + column * width)} ${top + row * ROW - 10}h${short(width - gap)}v${ROW - 1}h${short(gap - width)}z`;
    paths.set(style, (paths.get(style) ?? "") + cell);
  });
  const names = labels.map(
    (label, row) =>
      `<text class="m k e" x="${LEFT - 8}" y="${top + row * ROW}">${escapeXml(label)}</text>`,
  );
  const cells = [...paths].map(([style, d]) => `<path class="${style}" d="${d}"/>`);
  return [...names, ...cells].join("\n");
}

function cut(text: string): string {
  const characters = Array.from(text);
  return characters.length <= LINE ? text : `${characters.slice(0, LINE - 1).join("")}…`;
}
