import { escapeXml, SIGNED_LEVELS, staticSvg } from "../render/staticSvg.ts";
import { wrapText } from "../render/wrapText.ts";
import {
  type Arrangement,
  arrangements,
  type EffectMap,
  mapOf,
  wholeViewport,
} from "./arrangement.ts";
import { blockAt, blocksOf, poolText } from "./blocks.ts";
import { axisLabel, LEVELS, type SweepRecord, subtitleOf, summaryText } from "./data.ts";
import { effectScale, scaleEnds } from "./scale.ts";
import { mapMarkup, staticBlocks } from "./staticMap.ts";

const WIDTH = 860;
const EDGE = 16;
/** Maps that there is room for: those with the largest effects. */
const MOST_MAPS = 6;
const [LEVEL] = LEVELS;

/** Effects on one scale around 0, a map for each value of a third axis; cells that survive are outlined and hatched. */
export function sweepPicture(record: SweepRecord): string {
  const [arrangement] = arrangements(record);
  if (arrangement === undefined) throw new Error("a sweep has no axis");
  const scale = effectScale(record, "linear");
  const { shown, nLeft } = shownMaps(record, arrangement);
  const lines = wrapText(summaryText(record, LEVEL), 132);
  let y = 64 + (lines.length - 1) * 16;
  const drawn: string[] = [];
  const beside = shown.length > 1 ? 2 : 1;
  const room = (WIDTH - EDGE) / beside - EDGE;
  for (let i = 0; i < shown.length; i += beside) {
    const row = shown.slice(i, i + beside).map(({ map, title }, j) => {
      const x = EDGE + j * (room + EDGE);
      return mapMarkup(
        { record, map, scale, level: LEVEL },
        { x, y: y + (title === "" ? 0 : 12), room, title },
      );
    });
    drawn.push(...row.map(({ markup }) => markup));
    y = Math.max(y, ...row.map(({ bottom }) => bottom)) + 8;
  }
  const [low, high, named] = scaleEnds(scale);
  const [first] = shown;
  const pooled = first === undefined ? "" : poolText(first.map, staticBlocks(first.map));
  const notes = [
    `Blue ${low} over 0 to red ${high}, ${named}, in ${SIGNED_LEVELS} steps${shown.length > 1 ? ", the same in all maps" : ""}.`,
    ...(record.p === null ? [] : [`Outlined and hatched: survives at p ≤ ${LEVEL}.`]),
    ...(scale.nNotFinite > 0 ? [`Grey: not finite (${scale.nNotFinite}).`] : []),
    ...(pooled === "" ? [] : [`${pooled[0]?.toUpperCase()}${pooled.slice(1)}.`]),
    ...(nLeft > 0 ? [`${nLeft} maps with smaller effects are not shown.`] : []),
  ];
  const foot = wrapText(notes.join(" "), 140);
  const text = (line: string, at: number, style: string): string =>
    `<text class="${style}" x="${EDGE}" y="${at}">${escapeXml(line)}</text>`;
  return staticSvg(
    WIDTH,
    y + 16 + foot.length * 15,
    `Sweep: ${subtitleOf(record)}`,
    [
      `<text class="t h" x="${EDGE}" y="26">Sweep</text><text class="m" x="76" y="26">${escapeXml(subtitleOf(record))}</text>`,
      ...lines.map((line, i) => text(line, 48 + i * 16, "t")),
      ...drawn,
      ...foot.map((line, i) => text(line, y + 16 + i * 15, "m")),
    ].join("\n"),
  );
}

interface ShownMap {
  readonly map: EffectMap;
  /** "head 3"; empty where there is one map. */
  readonly title: string;
}

/** The maps with the largest effects, in the order of their axis, and how many are left out. */
function shownMaps(
  record: SweepRecord,
  arrangement: Arrangement,
): { readonly shown: readonly ShownMap[]; readonly nLeft: number } {
  const third = arrangement.third === null ? null : record.axes[arrangement.third];
  if (!third) return { shown: [{ map: mapOf(record, arrangement, 0), title: "" }], nLeft: 0 };
  const maps = third.values.map((_, at) => {
    const map = mapOf(record, arrangement, at);
    const whole = blocksOf(wholeViewport(map), 1, 1);
    const { cell } = blockAt(record, map, whole, [0, 0], LEVEL);
    const size = Math.abs(record.effects[cell] ?? 0);
    return { map, title: `${third.name} ${axisLabel(third, at)}`, at, size };
  });
  const largest = maps.toSorted((a, b) => b.size - a.size || a.at - b.at).slice(0, MOST_MAPS);
  return { shown: largest.sort((a, b) => a.at - b.at), nLeft: maps.length - largest.length };
}
