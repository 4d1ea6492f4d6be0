import type { RooflinePoint, RooflineRecord } from "../../../engine/trace/schema.ts";
import { createChartHost, localChoice } from "../../render/chart/chartHost.ts";
import { round, svg } from "../../render/chart/svgNode.ts";
import { dataTable } from "../../render/dataTable.ts";
import { element } from "../../render/element.ts";
import {
  byteCount,
  flopCount,
  milliseconds,
  percent,
  siNumber,
} from "../../render/formatNumber.ts";
import { CLASS_NAMES } from "../data.ts";
import type { Panel, PanelContext } from "../panel.ts";
import {
  limitsText,
  type RooflineRow,
  rooflineDots,
  rooflineRows,
  rowText,
  shareText,
} from "./data.ts";
import { type RooflineChart, rooflineChart } from "./rooflineChart.ts";

const HEIGHT = 300;

/** How near each part of a run came to what the device can do; a sentence where no device was given. */
export function createRooflinePanel(context: PanelContext): Panel {
  const { roofline } = context;
  return roofline === null ? asksForDevice() : rooflineOf(roofline, context);
}

function asksForDevice(): Panel {
  const text = element(
    "p",
    { class: "vt-note" },
    "No device was named. ",
    element("code", {}, "cost(run, { roofline: run.roofline({ device }) })"),
    " draws the run under the two limits of one.",
  );
  return { element: text, draw: () => {} };
}

function rooflineOf(record: RooflineRecord, context: PanelContext): Panel {
  const rows = rooflineRows(record);
  const dots = rooflineDots(record);
  let chart: RooflineChart | null = null;
  let drawnWidth = 0;
  const choice = localChoice(() => draw());
  const lit = (): RooflineRow | null => dots[choice.at() ?? -1]?.row ?? null;
  const host = createChartHost({
    kind: "roofline",
    label: `FLOPs a second against FLOPs for each byte, under the limits of ${record.device.name}. Arrows go through the parts of the model, Enter keeps one, Escape clears.`,
    signal: context.signal,
    announce: context.announce,
    choice: {
      count: () => dots.length,
      ...choice,
      nearest: (x, y) => chart?.nearest(x, y) ?? null,
      says: () => {
        const row = lit();
        return row === null ? "" : rowText(row);
      },
    },
  });
  const line = element("p", { class: "vt-says" });
  const body = element("tbody");
  const legend = element(
    "table",
    { class: "vt-legend" },
    element(
      "caption",
      { class: "vt-muted" },
      "What bounds a part, and the share of that limit it reached where it was measured. Circles are prefill, squares decode; hollow ones stand on the limit (derived).",
    ),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, "part"),
        ...record.phases.map(({ phase }) => element("th", { scope: "col" }, phase)),
      ),
    ),
    body,
  );
  const table = dataTable({
    caption: () => limitsText(record),
    columns: () => [
      { label: "phase", isNumber: false },
      { label: "part", isNumber: false },
      { label: "FLOPs (derived)", isNumber: true },
      { label: "bytes (derived)", isNumber: true },
      { label: "FLOP for each byte", isNumber: true },
      { label: "bound by", isNumber: false },
      { label: "least time (derived)", isNumber: true },
      { label: "time (measured)", isNumber: true },
      { label: "share of the limit", isNumber: false },
    ],
    nRows: () => rows.length,
    row: (i) => cells(rows[i]),
  });
  body.replaceChildren(...legendRows(record, rows));

  function draw(): void {
    const width = host.element.clientWidth;
    if (width === 0) return;
    if (width !== drawnWidth) {
      drawnWidth = width;
      chart = rooflineChart(record, width, HEIGHT);
      host.draw(chart.node, width, HEIGHT);
    }
    const row = lit();
    const dot = dots[choice.at() ?? -1];
    host.mark(
      chart === null || dot === undefined
        ? []
        : [
            svg("circle", {
              class: "vt-lit",
              cx: round(chart.x(dot.x)),
              cy: round(chart.y(dot.y)),
              r: 11,
            }),
          ],
    );
    for (const cell of body.querySelectorAll("td"))
      cell.classList.toggle(
        "vt-legend-lit",
        row !== null &&
          cell.dataset.phase === row.phase &&
          cell.dataset.class === (row.costClass ?? "all"),
      );
    line.replaceChildren(
      row === null ? element("span", { class: "vt-muted" }, limitsText(record)) : rowText(row),
    );
  }

  return {
    element: element(
      "div",
      {},
      element("div", { class: "vt-chart-bar" }, table.toggle),
      element("div", { class: "vt-stage" }, host.element, legend),
      line,
      table.element,
    ),
    draw,
  };
}

/** A row for each part, a cell for each phase: what bounds it, and the share of the limit that it reached. */
function legendRows(record: RooflineRecord, rows: readonly RooflineRow[]): HTMLElement[] {
  const classes = [...new Set(rows.map(({ costClass }) => costClass))];
  return classes.map((costClass) => {
    const named = rows.find((row) => row.costClass === costClass);
    const cellsOf = record.phases.map(({ phase }) => {
      const row = rows.find((one) => one.phase === phase && one.costClass === costClass);
      return element(
        "td",
        {
          "data-phase": phase,
          "data-class": costClass ?? "all",
          title: row === undefined ? "nothing is counted" : shareText(row.point),
        },
        row === undefined ? "–" : boundText(row.point),
      );
    });
    return element(
      "tr",
      {},
      element(
        "th",
        { scope: "row" },
        element("span", { class: `vt-swatch ${named?.tone ?? "grey0"}` }),
        costClass === null ? "all together" : CLASS_NAMES[costClass],
      ),
      ...cellsOf,
    );
  });
}

function boundText({ bound, share }: RooflinePoint): string {
  const by = bound === "compute" ? "arithmetic" : (bound ?? "–");
  return share === null ? by : `${by}, ${percent(share)}`;
}

function cells(row: RooflineRow | undefined): string[] {
  if (row === undefined) return [];
  const { flops, bytes, intensity, bound, leastMs, measuredMs } = row.point;
  return [
    row.phase,
    row.name,
    flopCount(flops),
    byteCount(bytes),
    intensity === null ? "no bytes" : siNumber(intensity),
    bound === "compute" ? "arithmetic" : (bound ?? "–"),
    milliseconds(leastMs),
    milliseconds(measuredMs),
    shareText(row.point),
  ];
}
