import type { Row } from "./row.ts";
import { significant } from "./table.ts";

interface Bar {
  readonly label: string;
  readonly ratio: number;
}

const ROW = 26;
const [LEFT, WIDTH, RIGHT] = [390, 420, 70];
const TOP = 34;

/** Every peer of every group, and how many times its speed Vitrine has. */
function barsOf(groups: readonly (readonly Row[])[]): Bar[] {
  return groups.flatMap(([own, ...peers]) =>
    peers.flatMap((peer) =>
      (["prefill", "decode"] as const).map((phase) => ({
        label: `${peer.model}, ${peer.promptTokens} tokens, ${phase}${own?.contender.endsWith(", i16") ? ", i16" : ""}, to ${peer.contender}`,
        ratio: (own as Row)[phase].median / peer[phase].median,
      })),
    ),
  );
}

/**
 * An SVG of bars on a logarithmic axis from a tenth to ten: to the right of the line in the middle Vitrine is faster.
 * @param groups rows measured together, Vitrine's first
 */
export function ratioPlot(groups: readonly (readonly Row[])[]): string {
  const bars = barsOf(groups);
  const height = TOP + ROW * bars.length + 14;
  const x = (ratio: number) =>
    LEFT + (WIDTH * (Math.log10(Math.min(10, Math.max(0.1, ratio))) + 1)) / 2;
  const ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10].map(
    (tick) =>
      `<line class="${tick === 1 ? "even" : "grid"}" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP - 6}" y2="${height - 10}"/>` +
      `<text class="tick" x="${x(tick)}" y="${TOP - 14}">${tick}</text>`,
  );
  const marks = bars.map(({ label, ratio }, i) => {
    const y = TOP + ROW * i;
    const [from, to] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))];
    return (
      `<text class="label" x="${LEFT - 12}" y="${y + 15}">${label}</text>` +
      `<rect class="${ratio >= 1 ? "faster" : "slower"}" x="${from}" y="${y + 3}" width="${to - from}" height="${ROW - 9}"/>` +
      `<text class="value" x="${LEFT + WIDTH + 14}" y="${y + 15}">${significant(ratio)}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + RIGHT} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="How many times the speed of each peer Vitrine has">
<style>
text { fill: #24292f } .tick { text-anchor: middle; font-size: 11px } .label { text-anchor: end }
.grid { stroke: #d0d7de } .even { stroke: #57606a; stroke-width: 1.5 } .faster { fill: #1a7f5a } .slower { fill: #b35900 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #30363d } .even { stroke: #9ba3ad } .faster { fill: #3fb98a } .slower { fill: #e0883a } }
</style>
${[...ticks, ...marks].join("\n")}
</svg>
`;
}
