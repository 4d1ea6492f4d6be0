import type { Row } from "./row.ts";
import type { Spread } from "./statistics.ts";

export const significant = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value.toPrecision(3);

const range = ({ median, low, high }: Spread): string =>
  `${significant(median)} (${significant(low)} to ${significant(high)})`;

const HEAD = [
  "",
  "prefill, tok/s",
  "decode, tok/s",
  "load, s",
  "first token, s",
  "after, ms",
  "peak, MB",
];

/** Rows measured in turn, and the ratios of the first one to the others, in lines of a Markdown table. */
export function table(rows: readonly Row[]): string[] {
  const cells = rows.map((row) => [
    row.contender,
    range(row.prefill),
    range(row.decode),
    significant(row.loadSeconds),
    significant(row.coldSeconds),
    significant(1000 * row.finishSeconds),
    row.peakBytes === null ? "?" : significant(row.peakBytes / 1e6),
  ]);
  const [own, ...peers] = rows;
  const ratios = peers.map((peer) => [
    `ratio to ${peer.contender}`,
    significant((own as Row).prefill.median / peer.prefill.median),
    significant((own as Row).decode.median / peer.decode.median),
    significant((own as Row).loadSeconds / peer.loadSeconds),
    significant((own as Row).coldSeconds / peer.coldSeconds),
    "",
    own?.peakBytes && peer.peakBytes ? significant(own.peakBytes / peer.peakBytes) : "?",
  ]);
  const all = [HEAD, ...cells, ...ratios];
  const widths = HEAD.map((_, i) => Math.max(...all.map((line) => (line[i] as string).length)));
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text, i) => (i === 0 ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number))).join(" | ")} |`;
  const [head, ...body] = all.map(line);
  const rule = `|${widths.map((width, i) => (i === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [head as string, rule, ...body];
}

/** What a reader has to know of how quiet the machine was. */
export function notes(rows: readonly Row[]): string[] {
  return rows.flatMap(({ contender, discarded, otherCores, rounds }) => {
    const noise =
      (otherCores ?? 0) > 0.05 ? `others took up to ${otherCores?.toFixed(2)} cores` : "";
    const left = discarded > 0 ? `${discarded} of ${discarded + rounds} rounds were discarded` : "";
    const words = [left, noise].filter((text) => text !== "").join("; ");
    return words ? [`${contender}: ${words}.`] : [];
  });
}
