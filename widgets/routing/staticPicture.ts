import type { RoutingRecord, RunRecord } from "../../engine/trace/schema.ts";
import { runName } from "../render/runSource.ts";
import { escapeXml, STATIC_LEVELS, short, staticSvg } from "../render/staticSvg.ts";
import { shortToken } from "../render/visibleToken.ts";
import { wrapText } from "../render/wrapText.ts";
import { meanEntropyBits, refusalOf, uniformLoad } from "./data.ts";
import { expertLoad } from "./expertCounts.ts";

const MAX_TOKENS = 60;
const MAX_LAYERS = 12;
/** Each mark takes some 30 characters of a picture that may have 150 kB. */
const MAX_MARKS = 2800;
const LEFT = 150;
const TOP = 132;
const ROW = 15;
const LOAD = 44;

/** Tokens x layers with each chosen expert at its place in the cell, and the load per expert above. */
export function routingPicture(record: RunRecord, routing: RoutingRecord | null): string {
  if (!routing) {
    const refusal = refusalOf(record);
    const lines = wrapText(refusal, 104).map(
      (line, i) => `<text class="t" x="16" y="${54 + i * 17}">${escapeXml(line)}</text>`,
    );
    return staticSvg(
      760,
      90,
      refusal,
      `<text class="t h" x="16" y="30">Routing</text>${lines.join("")}`,
    );
  }
  const { layers, nExperts, nExpertsPerToken: k, nTokens } = routing;
  const shownTokens = Math.min(nTokens, MAX_TOKENS);
  const perLayer = shownTokens * k + nExperts;
  const shownLayers = Math.min(
    layers.length,
    MAX_LAYERS,
    Math.max(1, Math.floor(MAX_MARKS / perLayer)),
  );
  const slot = Math.max(0.4, Math.min(7, 900 / (shownLayers * nExperts)));
  const cell = slot * nExperts;
  const parts: string[] = [
    `<text class="t h" x="16" y="26">Routing</text><text class="m" x="92" y="26">${escapeXml(`${runName(record)} · top ${k} of ${nExperts} experts · ${nTokens} tokens · ${record.backend.name}`)}</text>`,
    `<text class="m e" x="${LEFT - 10}" y="${TOP - 14}">load, uniform dashed</text>`,
  ];
  const load = expertLoad(routing);
  const uniform = uniformLoad(nTokens, k, nExperts);
  const most = Math.max(...load, 1);
  for (let layer = 0; layer < shownLayers; layer++) {
    const x = LEFT + layer * (cell + 16);
    let bars = "";
    for (let e = 0; e < nExperts; e++) {
      const height = (LOAD * (load[layer * nExperts + e] ?? 0)) / most;
      if (height > 0)
        bars += `M${short(x + e * slot)} ${TOP - 10}v${short(-height)}h${short(Math.max(0.4, slot - 0.6))}v${short(height)}z`;
    }
    const y = short(TOP - 10 - (LOAD * uniform) / most);
    parts.push(
      `<text class="m" x="${x}" y="${TOP - LOAD - 18}">layer ${layers[layer]}</text><path class="q3" d="${bars}"/><path class="u" d="M${x} ${y}h${short(cell)}"/><rect class="l" x="${x}" y="${TOP}" width="${short(cell)}" height="${shownTokens * ROW}"/>`,
    );
    const marks: string[] = Array.from({ length: STATIC_LEVELS }, () => "");
    for (let t = 0; t < shownTokens; t++)
      for (let j = 0; j < k; j++) {
        const at = (layer * nTokens + t) * k + j;
        const expert = routing.indices[at] ?? -1;
        if (expert < 0) continue;
        const weight = routing.weights[at] ?? 0;
        const level = Math.min(STATIC_LEVELS - 1, Math.floor(weight * STATIC_LEVELS));
        marks[level] +=
          `M${short(x + expert * slot)} ${TOP + t * ROW + 1}h${short(slot)}v${ROW - 2}h${short(-slot)}z`;
      }
    parts.push(...marks.map((d, i) => (d ? `<path class="q${i}" d="${d}"/>` : "")));
  }
  const right = LEFT + shownLayers * (cell + 16);
  parts.push(
    `<text class="m" x="${right}" y="${TOP - 28}">entropy,</text><text class="m" x="${right}" y="${TOP - 14}">bits</text>`,
  );
  for (let t = 0; t < shownTokens; t++)
    parts.push(
      `<text class="m" x="${right}" y="${TOP + t * ROW + 11}">${meanEntropyBits({ ...routing, start: 0 }, layers.length, t).toFixed(2)}</text>`,
      `<text class="m k e" x="${LEFT - 10}" y="${TOP + t * ROW + 11}">${escapeXml(shortToken(record.tokens[t]?.text ?? "", 16))}</text>`,
    );
  const height = TOP + shownTokens * ROW + 50;
  const left = [
    nTokens > shownTokens ? `${nTokens - shownTokens} more tokens` : "",
    layers.length > shownLayers ? `${layers.length - shownLayers} more layers` : "",
  ].filter(Boolean);
  parts.push(
    `<text class="m" x="16" y="${height - 28}">In each cell expert 0 stands left and expert ${nExperts - 1} right; darker is more weight.</text>`,
    `<text class="m" x="16" y="${height - 12}">Entropy of the router's scores: mean over layers, at most ${Math.log2(nExperts).toFixed(2)} bits.${left.length > 0 ? ` Not shown: ${left.join(", ")}.` : ""}</text>`,
  );
  return staticSvg(
    Math.max(760, Math.ceil(right + 60)),
    height,
    `Experts chosen for ${shownTokens} tokens in ${shownLayers} layers of ${runName(record)}`,
    parts.join("\n"),
  );
}
