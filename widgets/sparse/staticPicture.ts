import type { DroppedMassRecord, LengthCostRecord, RunRecord } from "../../engine/trace/schema.ts";
import { lineChart } from "../render/chart/lineChart.ts";
import { svg, svgMarkup } from "../render/chart/svgNode.ts";
import { runName } from "../render/runSource.ts";
import { escapeXml, STATIC_LEVELS, short, staticSvg } from "../render/staticSvg.ts";
import { shortToken } from "../render/visibleToken.ts";
import { wrapText } from "../render/wrapText.ts";
import { layerText, lengthText, type SparseLayer } from "./data.ts";
import { lengthDrawing } from "./lengthDrawing.ts";
import { cellsOf, poolStrip } from "./pool.ts";

const WIDTH = 760;
/** Letters of a line of small text. */
const LINE = 122;
const LINE_HEIGHT = 15;
const LEFT = 120;
const MOST_CELLS = 64;
const SIDE = 420;
const STRIP = 120;
const CHART_HEIGHT = 220;

/** The first layer's kept keys with what its queries dropped, mean of heads, and cost against length. */
export function sparsePicture(shown: {
  readonly record: RunRecord;
  readonly layers: readonly SparseLayer[];
  readonly lengths: LengthCostRecord | null;
  /** Of the first layer; null where there is none. */
  readonly mass: DroppedMassRecord | null;
  /** (T, T) of the first layer, as `keptCells` has it. */
  readonly kept: Float32Array;
  readonly refusal: string;
}): string {
  const { record, layers, lengths, mass, kept, refusal } = shown;
  const title = "Sparse attention";
  const [layer] = layers;
  const parts = [
    `<text class="t h" x="16" y="26">${title}</text>`,
    `<text class="m" x="164" y="26">${escapeXml(`${runName(record)} · ${record.tokens.length} tokens · ${record.backend.name}`)}</text>`,
  ];
  let y = 50;
  if (layer === undefined || mass === null) {
    for (const line of sentences(refusal)) {
      parts.push(`<text class="t" x="16" y="${y}">${escapeXml(line)}</text>`);
      y += 20;
    }
    return staticSvg(WIDTH, y + 4, `${title} of ${runName(record)}`, parts.join("\n"));
  }
  for (const line of sentences(capital(layerText(layer, mass)))) {
    parts.push(`<text class="t" x="16" y="${y}">${escapeXml(line)}</text>`);
    y += 18;
  }
  y = drawKept(parts, record, mass, kept, y + 12);
  if (lengths !== null) y = drawLengths(parts, lengths, y + 30);
  return staticSvg(WIDTH, y + 14, `${title} of ${runName(record)}`, parts.join("\n"));
}

/** @returns where it ends */
function drawKept(
  out: string[],
  record: RunRecord,
  mass: DroppedMassRecord,
  kept: Float32Array,
  top: number,
): number {
  const nTokens = record.tokens.length;
  const pool = Math.ceil(nTokens / MOST_CELLS);
  const all = { rowStart: 0, rowCount: nTokens, columnStart: 0, columnCount: nTokens };
  const window = { ...all, rowPool: pool, columnPool: pool };
  const { rows } = cellsOf(window);
  const cells = poolStrip(kept, nTokens, window, "kept");
  const size = Math.min(16, SIDE / rows);
  const paths = new Array<string>(STATIC_LEVELS + 1).fill("");
  cells.forEach((share, i) => {
    if (Number.isNaN(share)) return;
    const [r, c] = [Math.floor(i / rows), i % rows];
    const level = share === 0 ? STATIC_LEVELS : Math.ceil(share * (STATIC_LEVELS - 2));
    paths[level] +=
      `M${short(LEFT + c * size)} ${short(top + r * size)}h${short(size)}v${short(size)}h${short(-size)}z`;
  });
  out.push(
    ...paths.map((d, i) =>
      d === "" ? "" : `<path class="${i === STATIC_LEVELS ? "f" : `q${i}`}" d="${d}"/>`,
    ),
  );
  const every = Math.max(1, Math.ceil(12 / size));
  for (let r = 0; r < rows; r += every) {
    const text = shortToken(record.tokens[r * pool]?.text ?? "", 14);
    out.push(
      `<text class="m k e" x="${LEFT - 8}" y="${short(top + (r + 0.5) * size + 4)}">${escapeXml(text)}</text>`,
    );
  }
  const x = LEFT + rows * size + 24;
  out.push(`<text class="m" x="${short(x)}" y="${top - 6}">dropped mass, 0 to 100 %</text>`);
  out.push(`<path class="f" d="M${short(x)} ${top}h${STRIP}v${short(rows * size)}h${-STRIP}z"/>`);
  const bars = Array.from({ length: rows }, (_, r) => {
    const width = STRIP * mostDropped(mass, r * pool, Math.min(nTokens, (r + 1) * pool));
    const height = Math.max(1, size - 1);
    return `M${short(x)} ${short(top + r * size)}h${short(width)}v${short(height)}h${short(-width)}z`;
  });
  out.push(`<path class="rose0" fill="currentColor" d="${bars.join("")}"/>`);
  const bottom = top + rows * size + 18;
  const pooled =
    pool === 1
      ? ""
      : ` A cell is ${pool} x ${pool}: the share kept; a bar the most of ${pool} queries.`;
  return drawText(
    out,
    `Queries down, keys across. Blue was kept, grey was dropped (measured). Bars: mean of heads.${pooled}`,
    bottom,
  );
}

/** @returns where its last line stands */
function drawText(out: string[], text: string, top: number): number {
  const lines = wrapText(text, LINE);
  const places = lines.map((line, i) => [line, short(top + i * LINE_HEIGHT)] as const);
  out.push(
    ...places.map(([line, y]) => `<text class="m" x="16" y="${y}">${escapeXml(line)}</text>`),
  );
  return top + (lines.length - 1) * LINE_HEIGHT;
}

/** The largest mean over heads of the queries in [start, end). */
function mostDropped(
  { mass, nTokens, nHeads }: DroppedMassRecord,
  start: number,
  end: number,
): number {
  let most = 0;
  for (let t = start; t < end; t++) {
    let sum = 0;
    for (let h = 0; h < nHeads; h++) sum += mass[h * nTokens + t] ?? 0;
    most = Math.max(most, sum / nHeads);
  }
  return most;
}

/** @returns where it ends */
function drawLengths(out: string[], lengths: LengthCostRecord, top: number): number {
  const { node } = lineChart({
    ...lengthDrawing(lengths, "flops"),
    ...{ width: WIDTH - 32, height: CHART_HEIGHT, markRoom: 84 },
  });
  out.push(
    `<text class="t" x="16" y="${short(top)}">One token's cost against length, beside dense attention</text>`,
    svgMarkup(svg("g", { transform: `translate(16 ${short(top + 10)})` }, node)),
  );
  return drawText(out, lengthText(lengths), top + CHART_HEIGHT + 26);
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A sentence cut into lines that fit. */
function sentences(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length < 100)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
