import { escapeXml, SIGNED_LEVELS, short } from "../render/staticSvg.ts";
import { type EffectMap, wholeViewport } from "./arrangement.ts";
import { type Blocks, blockAt, blocksOf } from "./blocks.ts";
import { axisLabel, type Level, type SweepAxisRecord, type SweepRecord } from "./data.ts";
import type { EffectScale } from "./scale.ts";
import { surviveMark } from "./surviveMark.ts";

const LETTER = 6.7;
const LABEL_LENGTH = 10;
const MOST_ROWS = 40;
const MOST_COLUMNS = 80;
const WIDEST = 30;

/** How the static picture cuts a map. */
export function staticBlocks(map: EffectMap): Blocks {
  return blocksOf(wholeViewport(map), MOST_ROWS, MOST_COLUMNS);
}

export interface DrawnMap {
  readonly record: SweepRecord;
  readonly map: EffectMap;
  readonly scale: EffectScale;
  readonly level: Level;
}

/** Where a map is drawn, and what stands above it; "" for nothing. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly room: number;
  readonly title: string;
}

interface Geometry {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly isUpright: boolean;
}

/** One map as elements of an SVG, and where the next may begin. */
export function mapMarkup(
  drawn: DrawnMap,
  place: Place,
): { readonly markup: string; readonly bottom: number } {
  const { map } = drawn;
  const blocks = staticBlocks(map);
  const { rowAxis, columnAxis } = map;
  const { x, y, room, title } = place;
  const left = x + (rowAxis === null ? 0 : 10 + LETTER * longest(rowAxis));
  const width = Math.min(WIDEST, (x + room - left) / blocks.columns);
  const isUpright = longest(columnAxis) * LETTER + 4 > width;
  const geometry = {
    ...{ left, width, isUpright, height: blocks.rows > 20 ? 11 : 17 },
    top: y + 14 + (isUpright ? longest(columnAxis) * LETTER : 10),
  };
  const names = `${rowAxis === null ? "" : `${rowAxis.name} down, `}${columnAxis.name} across`;
  const heading = `<text class="t n" x="${short(x)}" y="${short(y - 8)}">${escapeXml(title)}</text>`;
  return {
    markup: [
      ...(title === "" ? [] : [heading]),
      `<text class="m" x="${short(left)}" y="${short(y + 6)}">${names}</text>`,
      ...cells(drawn, blocks, geometry),
      ...rowTexts(map, blocks, geometry),
      ...columnTexts(map, blocks, geometry),
    ].join("\n"),
    bottom: geometry.top + blocks.rows * geometry.height + 14,
  };
}

/** A path for each colour, then the marks of what survives. */
function cells(
  { record, map, scale, level }: DrawnMap,
  blocks: Blocks,
  { left, top, width, height }: Geometry,
): string[] {
  const fills = new Array<string>(SIGNED_LEVELS + 1).fill(""); // the last for what is not finite
  const survivors: string[] = [];
  for (let row = 0; row < blocks.rows; row++)
    for (let column = 0; column < blocks.columns; column++) {
      const { cell, nSurviving } = blockAt(record, map, blocks, [row, column], level);
      const colour = colourOf(scale.strengthOf(cell));
      const box = {
        ...{ x: left + column * width, y: top + row * height },
        ...{ width: width - Math.min(1, width / 8), height: height - 1 },
      };
      fills[colour] +=
        `M${short(box.x)} ${short(box.y)}h${short(box.width)}v${short(box.height)}h${short(-box.width)}z`;
      if (nSurviving > 0) survivors.push(surviveMark(box, colour));
    }
  const drawn = fills.flatMap((d, i) =>
    d === "" ? [] : [`<path class="${i === SIGNED_LEVELS ? "f" : `d${i}`}" d="${d}"/>`],
  );
  return [...drawn, ...survivors];
}

/** The signed colour of a strength; the one behind them for NaN. */
function colourOf(strength: number): number {
  return Number.isNaN(strength)
    ? SIGNED_LEVELS
    : Math.round(((strength + 1) / 2) * (SIGNED_LEVELS - 1));
}

/** Labels have 12 pixels each, at least. */
const labelled = (count: number, size: number): number[] => {
  const every = Math.max(1, Math.ceil(12 / size));
  return Array.from({ length: count }, (_, i) => i).filter((i) => i % every === 0);
};

function rowTexts(
  { rowAxis }: EffectMap,
  { rows, rowPool }: Blocks,
  { left, top, height }: Geometry,
): string[] {
  if (rowAxis === null) return [];
  return labelled(rows, height).map((row) => {
    const y = short(top + (row + 0.5) * height + 3.5);
    const label = escapeXml(axisLabel(rowAxis, row * rowPool, LABEL_LENGTH));
    return `<text class="m k e" x="${short(left - 6)}" y="${y}">${label}</text>`;
  });
}

function columnTexts(
  { columnAxis }: EffectMap,
  { columns, columnPool }: Blocks,
  { left, top, width, isUpright }: Geometry,
): string[] {
  return labelled(columns, width).map((column) => {
    const [x, y] = [short(left + (column + 0.5) * width), short(top - 5)];
    const label = escapeXml(axisLabel(columnAxis, column * columnPool, LABEL_LENGTH));
    return isUpright
      ? `<text class="m k" transform="rotate(-90 ${x} ${y})" x="${x}" y="${short(top - 1.5)}">${label}</text>`
      : `<text class="m k c" x="${x}" y="${y}">${label}</text>`;
  });
}

function longest(axis: SweepAxisRecord): number {
  return axis.values.reduce(
    (most, _, i) => Math.max(most, axisLabel(axis, i, LABEL_LENGTH).length),
    1,
  );
}
