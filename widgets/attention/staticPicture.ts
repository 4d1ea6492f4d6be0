import type { RunRecord } from "../../engine/trace/schema.ts";
import { runName } from "../render/runSource.ts";
import { escapeXml, STATIC_LEVELS, short, staticSvg } from "../render/staticSvg.ts";
import { shortToken } from "../render/visibleToken.ts";
import { headCounts, shade } from "./data.ts";

/** Heads the static picture has room for. */
export const PICTURE_HEADS = 48;
const MAX_CELLS = 20;
const COLUMNS = 8;
const SIZE = 92;
const GAP = 14;
const LEFT = 16;
const TOP = 66;

/** Layers the static picture has room for. */
export function pictureLayers(nLayers: number, nHeads: number): number {
  return Math.min(nLayers, Math.max(1, Math.floor(PICTURE_HEADS / nHeads)));
}

/**
 * All heads as small maps, for pages without a kernel: linear scale, six steps, the future grey.
 * @param thumbnails (layers, heads, n, n) f32, max-pooled
 */
export function attentionPicture(
  record: RunRecord,
  thumbnails: Float32Array,
  n: number,
  queryStep = 1,
): string {
  const { nLayers, nHeads, headsByLayer } = record.model;
  const shownLayers = pictureLayers(nLayers, nHeads);
  const shownHeads = Math.min(nHeads, PICTURE_HEADS);
  const columns = shownHeads >= COLUMNS ? COLUMNS : shownHeads * Math.floor(COLUMNS / shownHeads);
  const rows = Math.ceil((shownLayers * shownHeads) / columns);
  const merge = Math.max(1, Math.ceil(n / MAX_CELLS));
  const parts: string[] = [];
  const maps: string[] = [];
  const allHeads = headsByLayer.reduce((sum, count) => sum + count, 0);
  for (let layer = 0; layer < shownLayers; layer++) {
    for (let head = 0; head < Math.min(shownHeads, headsByLayer[layer] ?? 0); head++) {
      const at = layer * shownHeads + head;
      const x = LEFT + (at % columns) * (SIZE + GAP);
      const y = TOP + Math.floor(at / columns) * (SIZE + GAP + 6);
      const map = thumbnails.subarray((layer * nHeads + head) * n * n);
      maps.push(
        `<g transform="translate(${x} ${y})"><path class="f" d="M0 0H${SIZE}V${SIZE}z"/>${drawMap(map, n, merge)}<path class="l" d="M0 0H${SIZE}V${SIZE}H0z"/></g><text class="m" x="${x}" y="${y - 3}">L${layer} H${head}</text>`,
      );
    }
  }
  const height = TOP + rows * (SIZE + GAP + 6) + 26;
  const width = Math.max(560, LEFT + columns * (SIZE + GAP) + 20);
  const left = allHeads - maps.length;
  const text = record.tokens
    .slice(0, 18)
    .map((t) => shortToken(t.text, 12))
    .join(" ");
  parts.push(
    `<text class="t h" x="16" y="26">Attention</text><text class="m" x="112" y="26">${escapeXml(`${runName(record)} · ${nLayers} layers × ${headCounts(headsByLayer)} · ${record.tokens.length} tokens · ${record.backend.name}`)}</text>`,
    `<text class="m k" x="16" y="44">${escapeXml(text)}${record.tokens.length > 18 ? " …" : ""}</text>`,
    ...maps,
    `<text class="m" x="16" y="${height - 14}">Rows are queries, columns keys; linear scale in ${STATIC_LEVELS} steps from 0 (ground, below 0.02) to 1; grey is the masked future${merge > 1 || n < record.tokens.length ? "; cells are maxima over blocks" : ""}${queryStep > 1 ? `, of one query in ${queryStep}` : ""}${left > 0 ? `; ${left} more heads not shown` : ""}.</text>`,
  );
  return staticSvg(
    width,
    height,
    `Attention maps of ${maps.length} heads of ${runName(record)}`,
    parts.join("\n"),
  );
}

/** Runs of equal strength become one stroke; each strength is one path. */
function drawMap(map: Float32Array, n: number, merge: number): string {
  const m = Math.ceil(n / merge);
  const cell = SIZE / m;
  const paths: string[] = Array.from({ length: STATIC_LEVELS }, () => "");
  let ground = "";
  for (let r = 0; r < m; r++) {
    let runLevel = -1;
    let runStart = 0;
    for (let c = 0; c <= r + 1; c++) {
      const level = c <= r ? levelOf(blockMax(map, n, r, c, merge)) : -2;
      if (level === runLevel) continue;
      if (runLevel >= 0)
        paths[runLevel] += `M${runStart} ${r + 0.5}h${c - runStart}`.replace(" 0.5", " .5");
      runLevel = level;
      runStart = c;
    }
    ground += `M0 ${r + 0.5}h${r + 1}`;
  }
  const drawn = paths.map((d, level) => (d ? `<path class="b${level}" d="${d}"/>` : "")).join("");
  return `<g transform="scale(${short(cell)})"><path d="${ground}" class="v"/>${drawn}</g>`;
}

function blockMax(map: Float32Array, n: number, r: number, c: number, merge: number): number {
  let max = 0;
  for (let i = r * merge; i < Math.min(n, (r + 1) * merge); i++)
    for (let j = c * merge; j < Math.min(n, (c + 1) * merge); j++)
      max = Math.max(max, map[i * n + j] ?? 0);
  return max;
}

/** -1 is the ground. */
function levelOf(weight: number): number {
  return weight < 0.02 ? -1 : Math.ceil(shade(weight, "linear", 1) * STATIC_LEVELS) - 1;
}
