import { escapeXml, staticSvg } from "../render/staticSvg.ts";
import { armText, changeText, READING, type SamplesState } from "./data.ts";
import type { SamplePair } from "./pairs.ts";
import { FIRST_QUERY, type SampleRow, samplesPage } from "./query.ts";

const WIDTH = 860;
const ROW = 18;
/** Samples that are shown; of more it says how many. */
const MOST_ROWS = 16;
/** Arms that are told. */
const MOST_ARMS = 12;

/** What each arm came to, and the first samples; beside another evaluation those that are no longer right. */
export function samplesPicture(pairs: readonly SamplePair[], state: SamplesState): string {
  const { total, rows } = samplesPage(pairs, FIRST_QUERY);
  const shown = rows.slice(0, MOST_ROWS);
  const arms = state.arms.slice(0, MOST_ARMS).map((arm) => armText(arm, state.names[1]));
  if (state.arms.length > arms.length)
    arms.push(`and ${state.arms.length - arms.length} more arms`);
  const top = 52 + arms.length * ROW + 14;
  const bottom = top + (shown.length + 1) * ROW;
  const left = total - shown.length;
  const note = left > 0 ? `and ${left} more samples. ${READING}` : READING;
  return staticSvg(
    WIDTH,
    bottom + 24,
    `Samples: ${state.subtitle}`,
    `<text class="t h" x="16" y="26">Samples</text><text class="m" x="92" y="26">${escapeXml(clipped(state.subtitle, 110))}</text>
${arms.map((line, i) => `<text class="t" x="16" y="${52 + i * ROW}">${escapeXml(clipped(line, 130))}</text>`).join("\n")}
<path class="l" d="M16 ${top - 22}H${WIDTH - 16}"/>
${cells(["sample", "outcome", "answer", "target", "prompt"], top, "m")}
${shown.map((row, i) => cells(cellsOf(row, state), top + (i + 1) * ROW, "t")).join("\n")}
<text class="m" x="16" y="${bottom + 8}">${escapeXml(note)}</text>`,
  );
}

const COLUMNS = [
  { x: 16, letters: 22 },
  { x: 170, letters: 24 },
  { x: 330, letters: 18 },
  { x: 460, letters: 18 },
  { x: 590, letters: 32 },
];

function cells(texts: readonly string[], y: number, kind: "t" | "m"): string {
  return texts
    .map((text, i) => {
      const { x, letters } = COLUMNS[i] as (typeof COLUMNS)[number];
      return `<text class="${kind}" x="${x}" y="${y}">${escapeXml(clipped(text, letters))}</text>`;
    })
    .join("");
}

function cellsOf(row: SampleRow, { arms }: SamplesState): string[] {
  const name = arms.length > 1 ? `${row.sample} ${row.arm}` : row.sample;
  return [name, changeText(row), row.answer, row.target, row.prompt];
}

function clipped(text: string, letters: number): string {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}
