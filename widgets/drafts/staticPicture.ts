import type { RunRecord } from "../../engine/trace/schema.ts";
import { svg, svgMarkup } from "../render/chart/svgNode.ts";
import { runName } from "../render/runSource.ts";
import { escapeXml, short, staticSvg } from "../render/staticSvg.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { acceptanceBars, acceptanceRows } from "./acceptanceBars.ts";
import {
  type DraftedToken,
  type DraftsState,
  NO_WORTH,
  ownTimeText,
  stepsOf,
  worthText,
} from "./data.ts";
import { probabilityChart, VERDICT_TONES } from "./probabilityChart.ts";
import { timeBars } from "./timeBars.ts";

const WIDTH = 820;
const LETTER = 7.3;
const LINE = 24;
const MOST_LINES = 12;
const CHART = 300;

/** The text step by step with what became of its drafts, acceptance, probabilities, and time where it was measured. */
export function draftsPicture(
  record: RunRecord,
  { tokens, refusal, domains, worth, ownTime }: DraftsState,
): string {
  const out = [
    `<text class="t h" x="16" y="26">Drafts</text>`,
    `<text class="m" x="74" y="26">${escapeXml(`${runName(record)} · ${tokens.length} generated tokens · ${record.backend.name}`)}</text>`,
  ];
  if (refusal !== "") {
    lines(refusal).forEach((line, i) => {
      out.push(`<text class="t" x="16" y="${54 + 18 * i}">${escapeXml(line)}</text>`);
    });
    const height = 54 + 18 * lines(refusal).length;
    return staticSvg(WIDTH, height, `Drafts of ${runName(record)}`, out.join("\n"));
  }
  let y = drawSteps(out, tokens, 46);
  out.push(
    `<text class="m" x="16" y="${y + 14}">Boxes are steps of the model. Blue: accepted drafts; red: the model's token in place of a rejected draft; green: bonus; grey: nothing drafted.</text>`,
  );
  y += 44;
  const chart = probabilityChart(
    tokens.filter(({ draftProbability }) => draftProbability !== null),
    { width: CHART, height: CHART - 40, isLog: false },
  );
  const bars = acceptanceBars(acceptanceRows(domains), WIDTH - CHART - 40);
  out.push(
    `<text class="t n" x="16" y="${y}">Probability of each draft (measured)</text>`,
    `<text class="t n" x="${CHART + 30}" y="${y}">Acceptance (measured)</text>`,
    svgMarkup(svg("g", { transform: `translate(12 ${y + 6})` }, chart.node)),
    svgMarkup(svg("g", { transform: `translate(${CHART + 24} ${y + 10})` }, bars.node)),
  );
  y += Math.max(CHART - 30, bars.height + 10) + 26;
  out.push(`<text class="t n" x="16" y="${y}">Time</text>`);
  if (worth !== null) {
    const time = timeBars(worth, WIDTH - 40);
    out.push(svgMarkup(svg("g", { transform: `translate(0 ${y + 4})` }, time.node)));
    y += time.height;
  }
  for (const text of [worth === null ? NO_WORTH : worthText(worth), ownTimeText(ownTime)])
    for (const line of lines(text)) {
      y += 18;
      out.push(`<text class="m" x="16" y="${y}">${escapeXml(line)}</text>`);
    }
  return staticSvg(WIDTH, y + 16, `Drafts of ${runName(record)}`, out.join("\n"));
}

/** @returns where they end */
function drawSteps(out: string[], tokens: readonly DraftedToken[], top: number): number {
  let [x, line] = [16, 0];
  let nShown = 0;
  for (const step of stepsOf(tokens)) {
    const texts = step.map(({ text }) => visibleToken(text));
    const width = texts.reduce((sum, text) => sum + text.length * LETTER + 8, 0) + 2;
    if (x + width > WIDTH - 16 && x > 16) {
      x = 16;
      line += 1;
    }
    if (line === MOST_LINES) break;
    const y = top + line * LINE;
    out.push(
      `<rect class="l" x="${short(x)}" y="${y}" width="${short(width)}" height="18" rx="4"/>`,
    );
    let at = x + 5;
    step.forEach(({ verdict }, i) => {
      const text = texts[i] ?? "";
      out.push(
        `<text class="${VERDICT_TONES[verdict]} k" fill="currentColor" font-size="12" font-family="ui-monospace,monospace" x="${short(at)}" y="${y + 13}">${escapeXml(text)}</text>`,
      );
      at += text.length * LETTER + 8;
    });
    nShown += step.length;
    x += width + 5;
  }
  const end = top + Math.min(MOST_LINES, line + 1) * LINE;
  if (nShown === tokens.length) return end;
  out.push(
    `<text class="m" x="16" y="${end + 8}">… and ${tokens.length - nShown} tokens more</text>`,
  );
  return end + 14;
}

/** Cut into lines that fit. */
function lines(text: string): string[] {
  const all: string[] = [];
  for (const word of text.split(" ")) {
    const line = all.at(-1);
    if (line !== undefined && line.length + word.length < 125)
      all[all.length - 1] = `${line} ${word}`;
    else all.push(word);
  }
  return all;
}
