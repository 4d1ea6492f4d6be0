import { drawSvg } from "../render/chart/drawSvg.ts";
import { element } from "../render/element.ts";
import { shortNumber } from "../render/formatNumber.ts";
import { type Level, placeText, type SweepRecord, survives } from "./data.ts";
import { intervalChart, intervalEnds } from "./intervalChart.ts";

/** A cell's numbers, to six digits: the table has all. */
export function createReadout(record: SweepRecord): {
  readonly element: HTMLElement;
  draw(cell: number, level: Level): void;
} {
  const heading = element("h4", {});
  const chart = element("div", { class: "vt-chart", "aria-hidden": "true" });
  const list = element("dl", {});
  const ends = intervalEnds(record);
  return {
    element: element("div", { class: "vt-sweep-readout" }, heading, list, chart),
    draw(cell, level) {
      heading.textContent = placeText(record, cell);
      const terms = cellTerms(record, cell, level);
      list.replaceChildren(
        ...terms.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]),
      );
      const drawn = intervalChart(record, cell, ends);
      chart.replaceChildren(...(drawn === null ? [] : [drawSvg(drawn)]));
    },
  };
}

function cellTerms(
  record: SweepRecord,
  cell: number,
  level: Level,
): readonly (readonly [term: string, text: string])[] {
  const { effects, low, high, p, baseline, metric, nPairs, provenance } = record;
  const effect = effects[cell] ?? Number.NaN;
  const how = provenance === "estimated" ? "estimated" : "measured";
  const pairs = nPairs === 1 ? how : `${how}, the mean of ${nPairs} pairs`;
  return [
    ["effect", shortNumber(effect)],
    ...(low === null || high === null
      ? []
      : [
          [
            "95 % interval",
            [low, high].map((ends) => shortNumber(ends[cell] ?? Number.NaN)).join(" to "),
          ] as const,
        ]),
    ...(p === null
      ? []
      : ([
          ["p, corrected", shortNumber(p[cell] ?? Number.NaN)],
          [`survives at ${level}`, survives(record, cell, level) ? "yes" : "no"],
        ] as const)),
    ["baseline", `${shortNumber(baseline)}: ${metric} without edits`],
    [
      provenance === "estimated" ? "with the edit, estimated" : "with the edit",
      shortNumber(baseline + effect),
    ],
    ["provenance", pairs],
  ];
}
