import { exactF32 } from "../render/formatNumber.ts";
import { escapeXml, SIGNED_LEVELS, short, staticSvg } from "../render/staticSvg.ts";
import { shortToken } from "../render/visibleToken.ts";
import { placeName, type StepperState, shapeText } from "./data.ts";
import { operatorRows } from "./operatorRows.ts";
import { largestOf, slicesOf, statisticsOf } from "./picture.ts";
import type { NumbersSource } from "./stepperSource.ts";

type Shown = Pick<StepperState, "operators" | "snapshot" | "tokenTexts">;

/** The site whose numbers are drawn. */
export interface SiteShown {
  readonly site: string;
  readonly value: NumbersSource;
}

const MAX_ROWS = 24;
const MAX_COLUMNS = 72;
const MAX_LAYERS = 26;
const LEFT = 110;
const MARK = 11;
const ROW = 15;

/** Layers and operators with the one that was executed last, and the value that it made. */
export function stepperPicture(state: Shown, shown: SiteShown | null): string {
  const { snapshot, operators } = state;
  const { executed, of, last } = snapshot;
  const rows = operatorRows(operators);
  const at = rows.findIndex(({ first, count }) => executed <= first + count);
  const from = Math.max(0, Math.min(at - MAX_LAYERS / 2, rows.length - MAX_LAYERS));
  const drawn = rows.slice(from, from + MAX_LAYERS);
  const parts = [
    `<text class="t h" x="16" y="26">Stepper</text>`,
    `<text class="m" x="94" y="26">${escapeXml(whereText(state))}</text>`,
  ];
  let y = 44;
  for (const { label, first, count } of drawn) {
    parts.push(`<text class="m e" x="${LEFT - 10}" y="${y + 10}">${label}</text>`);
    for (let i = first; i < first + count; i++) {
      const fill = i === executed - 1 ? "d8" : i < executed ? "q3" : "l";
      const x = LEFT + (i - first) * (MARK + 2);
      parts.push(`<rect class="${fill}" x="${x}" y="${y}" width="${MARK}" height="${MARK}"/>`);
    }
    y += ROW;
  }
  if (drawn.length < rows.length) {
    y += 14;
    parts.push(
      `<text class="m" x="${LEFT}" y="${y}">${rows.length - drawn.length} more layers are not drawn.</text>`,
    );
  }
  for (const line of last === null ? [] : flowLines(last)) {
    y += 18;
    parts.push(`<text class="m k" x="16" y="${y}">${escapeXml(line)}</text>`);
  }
  if (shown !== null) y = drawValue(parts, state, shown, y + 28);
  const widest = Math.max(...drawn.map(({ count }) => count), 1);
  return staticSvg(
    Math.max(760, LEFT + widest * (MARK + 2) + 24),
    y + 20,
    `A forward pass after ${executed} of ${of} operators: ${placeName(last)}`,
    parts.join("\n"),
  );
}

/** The same in words. */
export function stepperText(state: Shown, shown: SiteShown | null): string {
  const { last } = state.snapshot;
  return [
    `Stepper: ${whereText(state)}`,
    ...(last === null ? [] : flowLines(last)),
    ...(shown === null ? [] : [`${shown.site}: ${statisticsText(shown.value, 0)}`]),
  ].join("\n");
}

function whereText({ snapshot, tokenTexts }: Shown): string {
  const { start, end, executed, of, last, isOver, likeliest } = snapshot;
  const tokens = tokenTexts.slice(start, end).map((text) => shortToken(text, 10));
  const seen = tokens.length > 6 ? [...tokens.slice(0, 5), "…"] : tokens;
  const next =
    likeliest === null
      ? ""
      : `; likeliest next token ${shortToken(likeliest.text, 12)} (${likeliest.probability.toFixed(3)})`;
  return `${placeName(last)}, ${executed} of ${of} operators, tokens ${seen.join(" ")}${next}${isOver ? "; over" : ""}`;
}

function flowLines(last: NonNullable<StepperState["snapshot"]["last"]>): string[] {
  const { reads, writes, weights } = last;
  return [
    `reads  ${reads.map(shapeText).join("  ")}`,
    `writes ${writes.map(shapeText).join("  ")}`,
    ...(weights.length === 0 ? [] : [`weights ${weights.join("  ")}`]),
  ];
}

function statisticsText(value: NumbersSource, slice: number): string {
  const slices = slicesOf(value);
  const { min, max, mean, std } = statisticsOf(value, slices, slice);
  const [a, b, c, d] = [min, max, mean, std].map((x) => exactF32(Number(x.toPrecision(4))));
  const which = slices.nSlices > 1 ? `, first of ${slices.nSlices} slices` : "";
  return `(${value.dims.map((dim, i) => `${dim} ${value.shape[i]}`).join(", ")})${which}, min ${a}, max ${b}, mean ${c}, std ${d}`;
}

/** @returns where it ends */
function drawValue(parts: string[], state: Shown, { site, value }: SiteShown, top: number): number {
  const slices = slicesOf(value);
  const nRows = Math.min(MAX_ROWS, slices.nRows);
  const nColumns = Math.min(MAX_COLUMNS, slices.nColumns);
  const largest = largestOf(value);
  parts.push(
    `<text class="t" x="16" y="${top}">${escapeXml(site)}</text>`,
    `<text class="m" x="16" y="${top + 16}">${escapeXml(statisticsText(value, 0))}</text>`,
  );
  const y = top + 28;
  const paths = new Array<string>(SIGNED_LEVELS).fill("");
  const half = (SIGNED_LEVELS - 1) / 2;
  for (let r = 0; r < nRows; r++) {
    const token = state.tokenTexts[state.snapshot.start + r] ?? "";
    parts.push(
      `<text class="m k e" x="${LEFT - 8}" y="${y + r * 14 + 10}">${escapeXml(shortToken(token, 12))}</text>`,
    );
    for (let c = 0; c < nColumns; c++) {
      const x = value.data[r * slices.rowStride + c] ?? Number.NaN;
      if (!Number.isFinite(x)) continue;
      const level = half + Math.round((half * x) / (largest || 1));
      paths[level] += `M${short(LEFT + c * 8)} ${y + r * 14}h8v14h-8z`;
    }
  }
  parts.push(...paths.map((d, i) => (d === "" ? "" : `<path class="d${i}" d="${d}"/>`)));
  const bottom = y + nRows * 14 + 16;
  const cut = [
    nRows < slices.nRows ? `${slices.nRows - nRows} more tokens` : "",
    nColumns < slices.nColumns ? `${slices.nColumns - nColumns} more columns` : "",
    slices.nSlices > 1 ? `${slices.nSlices - 1} more slices` : "",
  ].filter(Boolean);
  parts.push(
    `<text class="m" x="16" y="${bottom}">Blue is below zero, red above; full colour is ${exactF32(Number(largest.toPrecision(4)))}.${cut.length > 0 ? ` Not drawn: ${cut.join(", ")}.` : ""}</text>`,
  );
  return bottom;
}
