import type {
  CostRecord,
  PriceTable,
  RooflineRecord,
  RunRecord,
  TokenCost,
} from "../../engine/trace/schema.ts";
import { svg, svgMarkup } from "../render/chart/svgNode.ts";
import { byteCount, flopCount, milliseconds, percent } from "../render/formatNumber.ts";
import { runName } from "../render/runSource.ts";
import { escapeXml, short, staticSvg } from "../render/staticSvg.ts";
import { moneyLines } from "./bills.ts";
import { parametersText, tokensText } from "./costText.ts";
import { binned, packCosts, phaseTotals, sameForAll, sameText } from "./data.ts";
import { staticCharts } from "./staticCharts.ts";

const WIDTH = 900;
const LEFT = 110;
const BAR_HEIGHT = 52;
const MAX_BARS = 220;

/** Totals of both phases, bytes and time per token, where it goes, and what price lists would make of it. */
export function costPicture(
  record: RunRecord,
  cost: CostRecord,
  prices: readonly PriceTable[],
  nGenerated: number,
  roofline: RooflineRecord | null = null,
): string {
  const costs = packCosts(cost.tokens);
  const parts: string[] = [
    `<text class="t h" x="16" y="26">Cost</text><text class="m" x="62" y="26">${escapeXml(`${runName(record)} · ${cost.tokens.length} tokens · ${record.backend.name} (${record.backend.device})`)}</text>`,
  ];
  let y = 50;
  const say = (label: string, text: string): void => {
    parts.push(
      `<text class="m e" x="${LEFT - 10}" y="${y}">${escapeXml(label)}</text><text class="t" x="${LEFT}" y="${y}">${escapeXml(text)}</text>`,
    );
    y += 18;
  };
  for (const phase of ["prefill", "decode"] as const) {
    const tokens = cost.tokens.flatMap((token, t) => (token.phase === phase ? [t] : []));
    const sum = phaseTotals(costs, tokens);
    say(
      phase,
      tokens.length === 0
        ? "no tokens"
        : `${tokensText(cost, phase, sum.nTokens)} · ${flopCount(sum.flops)}, ${byteCount(sum.weightBytes)} weights, ${byteCount(sum.kvBytes)} KV traffic (derived) · ${milliseconds(sum.durationMs)} (measured)`,
    );
  }
  say(
    "KV cache",
    `${byteCount(cost.kvCacheBytes)}, ${byteCount(cost.kvBytesPerToken)} a token; full heads would take ${byteCount(cost.kvBytesPerTokenMha)} a token (derived)`,
  );
  say(
    "parameters",
    `${parametersText(cost)}; ${percent(cost.activeParameters / cost.totalParameters)} (derived)`,
  );
  const rows = [
    { label: "FLOPs", provenance: "derived", value: (t: TokenCost) => t.flops, format: flopCount },
    {
      label: "bytes",
      provenance: "derived",
      value: (t: TokenCost) => t.weightBytes + t.kvReadBytes + t.kvWriteBytes,
      format: byteCount,
    },
    {
      label: "time",
      provenance: "measured",
      value: (t: TokenCost) => t.durationMs ?? Number.NaN,
      format: milliseconds,
    },
  ];
  const uneven = rows.filter(({ label, provenance, value, format }) => {
    const values = cost.tokens.map(value);
    const same = sameForAll(values);
    if (same !== null) say(label, sameText(format(same), values.length, provenance));
    else if (values.every(Number.isNaN)) say(label, "not measured");
    else return label !== "FLOPs"; // these are stacked by part, below
    return false;
  });
  y += 8;
  for (const { label, value, format } of uneven) {
    parts.push(bars(label, cost.tokens, value, format, y));
    y += BAR_HEIGHT + 18;
  }
  const charts = staticCharts(cost, roofline, WIDTH - 32);
  parts.push(svgMarkup(svg("g", { transform: `translate(16 ${y})` }, charts.node)));
  y += charts.height + 26;
  for (const line of moneyLines(record, cost, prices, nGenerated)) say("money", line);
  parts.push(
    `<text class="m" x="16" y="${y + 8}">Money is what a service would bill for as many tokens, not what this run cost.</text>`,
  );
  return staticSvg(
    WIDTH,
    y + 24,
    `What each token of a run of ${runName(record)} cost`,
    parts.join("\n"),
  );
}

function bars(
  label: string,
  tokens: readonly TokenCost[],
  value: (token: TokenCost) => number,
  format: (value: number) => string,
  y: number,
): string {
  const bins = binned(tokens.length, MAX_BARS).map(({ start, end }) => ({
    isDecode: tokens[start]?.phase === "decode",
    mean: tokens.slice(start, end).reduce((sum, t) => sum + (value(t) || 0), 0) / (end - start),
  }));
  const most = Math.max(...bins.map((bin) => bin.mean), 0);
  const width = (WIDTH - LEFT - 110) / Math.max(bins.length, 1);
  const paths = ["", ""];
  bins.forEach((bin, i) => {
    const height = most > 0 ? (BAR_HEIGHT * bin.mean) / most : 0;
    const x = LEFT + i * width;
    paths[bin.isDecode ? 1 : 0] +=
      `M${short(x)} ${y + BAR_HEIGHT}v${short(-height)}h${short(Math.min(24, Math.max(0.5, width - 1)))}v${short(height)}z`;
  });
  return `<text class="m e" x="${LEFT - 10}" y="${y + BAR_HEIGHT}">${label}</text><path class="l" d="M${LEFT} ${y + BAR_HEIGHT + 0.5}H${WIDTH - 110}"/><path class="q2" d="${paths[0]}"/><path class="q4" d="${paths[1]}"/><text class="m" x="${WIDTH - 102}" y="${y + 10}">${escapeXml(format(most))}</text>`;
}
