import type { RunRecord } from "../../engine/trace/schema.ts";
import { runName } from "../render/runSource.ts";
import { escapeXml, STATIC_LEVELS, short, staticSvg } from "../render/staticSvg.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { blocksOf } from "./blocks.ts";
import { countsText, missingLines, promptText } from "./data.ts";
import { type ColourKey, kindOf } from "./measures.ts";
import { spanOf } from "./scale.ts";

const MAX_TOKENS = 400;
const WIDTH = 860;
const LEFT = 16;
const CHARACTER = 7.2;
const LINE = 26;
const TOP = 66;

interface Piece {
  readonly text: string;
  /** Bits; NaN where there is no number. */
  readonly surprisal: number;
  readonly breaks: boolean;
  readonly isNote: boolean;
}

/** The text, a bar below each token: the darker, the more surprising. Thinking is folded and counted. */
export function tokensPicture(
  record: RunRecord,
  missing: Readonly<Partial<Record<ColourKey, string>>>,
): string {
  const pieces = piecesOf(record);
  const span = spanOf(Float64Array.from(pieces, ({ surprisal }) => surprisal));
  const bars = Array.from({ length: STATIC_LEVELS }, () => "");
  const parts: string[] = [];
  let x = LEFT;
  let y = TOP;
  for (const { text, surprisal, breaks, isNote } of pieces) {
    const width = CHARACTER * columnsOf(text);
    if (x + width > WIDTH - LEFT && x > LEFT) {
      x = LEFT;
      y += LINE;
    }
    parts.push(
      `<text class="${isNote ? "m" : "t"} k" x="${short(x)}" y="${y}" textLength="${short(width)}" lengthAdjust="spacingAndGlyphs">${escapeXml(text)}</text>`,
    );
    if (!Number.isNaN(surprisal)) {
      const share = span.max > 0 ? Math.min(surprisal, span.max) / span.max : 0;
      const level = Math.min(STATIC_LEVELS - 1, Math.floor(share * STATIC_LEVELS));
      bars[level] += `M${short(x)} ${y + 4}h${short(width - 1)}v5h${short(1 - width)}z`;
    }
    x += width + 1;
    if (breaks) {
      x = LEFT;
      y += LINE;
    }
  }
  parts.push(...bars.map((d, i) => (d ? `<path class="q${i}" d="${d}"/>` : "")));
  y += 34;
  const left = record.tokens.length - MAX_TOKENS;
  const notes = [
    `Bars below tokens: surprisal${Number.isNaN(span.max) ? ", of none known" : `, 0 to ${Number(span.max.toPrecision(4))} bits (measured)`}; darker is more surprising. No bar: no number.`,
    ...(left > 0 ? [`Not shown: ${left} more tokens.`] : []),
    ...(promptText(record) === "" ? [] : [`${promptText(record)}.`]),
    ...missingLines(missing).map(shortened),
  ];
  for (const note of notes) {
    parts.push(`<text class="m" x="${LEFT}" y="${y}">${escapeXml(note)}</text>`);
    y += 16;
  }
  const counts = countsText(record.tokens.map((token) => kindOf(token, "part")));
  const name = runName(record);
  return staticSvg(
    WIDTH,
    y + 4,
    `Text of ${name}: ${counts} tokens`,
    `<text class="t h" x="${LEFT}" y="26">Tokens</text><text class="m" x="${LEFT + 62}" y="26">${escapeXml(shortened(`${name} · ${counts} tokens · ${record.backend.name}`))}</text>
${parts.join("\n")}`,
  );
}

function piecesOf({ tokens }: RunRecord): Piece[] {
  const shown = tokens.slice(0, MAX_TOKENS);
  const blocks = blocksOf(shown);
  const pieces: Piece[] = [];
  let t = 0;
  while (t < shown.length) {
    const block = blocks.find(({ kind, start }) => kind === "thinking" && start === t);
    const token = shown[t];
    if (block) {
      const text = `[thinking: ${block.end - block.start} tokens]`;
      pieces.push({ text, surprisal: Number.NaN, breaks: true, isNote: true });
      t = block.end;
      continue;
    }
    const bits = typeof token?.logprob === "number" ? -token.logprob / Math.LN2 : Number.NaN;
    const text = cut(visibleToken(token?.text ?? ""), 90);
    pieces.push({
      text,
      surprisal: bits,
      breaks: token?.text.includes("\n") ?? false,
      isNote: false,
    });
    t += 1;
  }
  return pieces;
}

/** Characters of two columns are those that East Asian scripts write wide. */
function columnsOf(text: string): number {
  const isWide =
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u;
  return Array.from(text).reduce((sum, c) => sum + (isWide.test(c) ? 2 : 1), 0);
}

function cut(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

const shortened = (text: string): string => cut(text, 140);
