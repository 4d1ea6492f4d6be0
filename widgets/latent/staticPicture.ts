import type { RunRecord } from "../../engine/trace/schema.ts";
import { cacheRows } from "../cost/cache/data.ts";
import { byteCount, exactF32 } from "../render/formatNumber.ts";
import { runName } from "../render/runSource.ts";
import { escapeXml, SIGNED_LEVELS, short, staticSvg } from "../render/staticSvg.ts";
import { shortToken } from "../render/visibleToken.ts";
import {
  type CacheBytes,
  type CacheLayer,
  cellsOf,
  matrixName,
  matrixStatistics,
  pictureTitle,
  poolMatrix,
} from "./data.ts";

const MOST_ROWS = 32;
const MOST_COLUMNS = 96;
const LEFT = 120;
const WIDTH = 760;
const ROW = 14;
const BAR_LEFT = 190;
const BAR = 400;

/** The first layer's first matrix, pooled to fit, and bars of the bytes that forms of attention keep. */
export function latentPicture(shown: {
  readonly record: RunRecord;
  readonly layers: readonly CacheLayer[];
  readonly bytes: CacheBytes;
  /** (T, columns) of layer 0's first part, head 0. */
  readonly numbers: Float32Array;
}): string {
  const { record, layers, bytes, numbers } = shown;
  const title = pictureTitle(layers);
  const part = layers[0]?.parts[0];
  const parts = [
    `<text class="t h" x="16" y="26">${title}</text>`,
    `<text class="m" x="132" y="26">${escapeXml(`${runName(record)} · ${record.tokens.length} tokens · ${record.backend.name}`)}</text>`,
  ];
  let y = 50;
  if (part !== undefined) {
    parts.push(
      `<text class="t" x="16" y="${y}">${escapeXml(`Layer 0, ${matrixName(part, 0)}`)}</text>`,
    );
    y = drawNumbers(parts, record, numbers, part.nColumns, y + 12);
  }
  y = drawBytes(parts, bytes, record.tokens.length, y + 26);
  return staticSvg(WIDTH, y + 12, `${title} of ${runName(record)}`, parts.join("\n"));
}

/** @returns where it ends */
function drawNumbers(
  out: string[],
  record: RunRecord,
  numbers: Float32Array,
  nColumns: number,
  top: number,
): number {
  const nRows = record.tokens.length;
  const [rowPool, columnPool] = [Math.ceil(nRows / MOST_ROWS), Math.ceil(nColumns / MOST_COLUMNS)];
  const window = {
    ...{ rowStart: 0, rowCount: nRows, columnStart: 0, columnCount: nColumns },
    ...{ rowPool, columnPool },
  };
  const { rows, columns } = cellsOf(window);
  const cells = poolMatrix(numbers, nColumns, window, "farthest");
  const { largest, nNotFinite } = matrixStatistics(numbers);
  const width = Math.min(16, (WIDTH - LEFT - 24) / columns);
  const half = (SIGNED_LEVELS - 1) / 2;
  const paths = new Array<string>(SIGNED_LEVELS).fill("");
  for (let r = 0; r < rows; r++) {
    const text = shortToken(record.tokens[r * rowPool]?.text ?? "", 14);
    out.push(
      `<text class="m k e" x="${LEFT - 8}" y="${top + r * ROW + 11}">${escapeXml(text)}</text>`,
    );
    for (let c = 0; c < columns; c++) {
      const x = cells[r * columns + c] ?? Number.NaN;
      if (!Number.isFinite(x)) continue;
      const level = half + Math.round((half * x) / (largest || 1));
      paths[level] +=
        `M${short(LEFT + c * width)} ${top + r * ROW}h${short(width)}v${ROW}h${short(-width)}z`;
    }
  }
  out.push(...paths.map((d, i) => (d === "" ? "" : `<path class="d${i}" d="${d}"/>`)));
  const bottom = top + rows * ROW + 18;
  const pooled =
    rowPool * columnPool === 1
      ? ""
      : ` A cell is ${rowPool} x ${columnPool} numbers: the one farthest from 0.`;
  const missing = nNotFinite === 0 ? "" : ` ${nNotFinite} not finite, left out.`;
  out.push(
    `<text class="m" x="16" y="${bottom}">Blue is below zero, red above; full colour is ${exactF32(Number(largest.toPrecision(4)))}.${pooled}${missing}</text>`,
  );
  return bottom;
}

/** @returns where it ends */
function drawBytes(out: string[], bytes: CacheBytes, nTokens: number, top: number): number {
  if ("refusal" in bytes) {
    out.push(`<text class="m" x="16" y="${top}">${escapeXml(bytes.refusal.slice(0, 120))}</text>`);
    return top;
  }
  const rows = cacheRows(bytes);
  const most = Math.max(1, ...rows.map(({ bytesPerToken }) => bytesPerToken));
  out.push(
    `<text class="t" x="16" y="${top}">Bytes of ${nTokens} tokens by form of attention, all layers (derived)</text>`,
  );
  rows.forEach(({ name, bytesPerToken, isOwn, tone }, i) => {
    const y = top + 12 + i * 20;
    const label = isOwn ? `${name}, this model` : name;
    out.push(
      `<text class="t${isOwn ? " n" : ""} e" x="${BAR_LEFT - 8}" y="${y + 12}">${escapeXml(label)}</text>`,
      `<rect class="${tone}" fill="currentColor" x="${BAR_LEFT}" y="${y + 2}" width="${short((BAR * bytesPerToken) / most)}" height="12"/>`,
      `<text class="m" x="${short(BAR_LEFT + (BAR * bytesPerToken) / most + 8)}" y="${y + 12}">${byteCount(nTokens * bytesPerToken)}</text>`,
    );
  });
  return top + 12 + rows.length * 20;
}
