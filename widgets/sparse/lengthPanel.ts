import type { LengthCostRecord } from "../../engine/trace/schema.ts";
import { createChartHost, localChoice } from "../render/chart/chartHost.ts";
import { type Chart, lineChart } from "../render/chart/lineChart.ts";
import { round, svg } from "../render/chart/svgNode.ts";
import { segmented } from "../render/controls.ts";
import { type DataTable, dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { lengthText } from "./data.ts";
import {
  lengthDrawing,
  lengthName,
  QUANTITIES,
  QUANTITY_NAMES,
  type Quantity,
  quantityText,
} from "./lengthDrawing.ts";

const HEIGHT = 250;
const WIDEST = 900;

/** What one more token takes behind so many others, sparse and dense. */
export function createLengthPanel(
  record: LengthCostRecord,
  signal: AbortSignal,
  announce: (text: string) => void,
): { readonly element: HTMLElement; draw(): void } {
  const { lengths, denseLengths } = record;
  let quantity: Quantity = "flops";
  let chart: Chart | null = null;
  let drawn = "";
  const choice = localChoice(() => draw());
  const says = (): string => {
    const at = choice.at() ?? -1;
    const [own, dense] = [lengths[at], denseLengths?.[at]];
    if (own === undefined) return "";
    const amount = quantityText(quantity, own[quantity]);
    const beside =
      dense === undefined
        ? ""
        : `, dense ${quantityText(quantity, dense[quantity])}, ${Number((dense[quantity] / own[quantity]).toPrecision(3))} times as many`;
    return `${lengthName(own.context)} positions: ${QUANTITY_NAMES[quantity]} ${amount}${beside} (computed)`;
  };
  const host = createChartHost({
    kind: "cost over length",
    label:
      "What a token costs by length. Left and right choose a length, Enter keeps it, Escape clears.",
    ...{ signal, announce },
    choice: {
      ...choice,
      count: () => lengths.length,
      nearest: (x) => {
        if (chart === null) return null;
        const at = chart;
        const far = lengths.map(({ context }) => Math.abs(at.x(context) - x));
        return far.indexOf(Math.min(...far));
      },
      says,
    },
  });
  const line = element("p", { class: "vt-says" });
  const table = lengthTable(record);
  const control = segmented<Quantity>(
    "Quantity",
    QUANTITIES.map((value) => ({ value, label: QUANTITY_NAMES[value] })),
    quantity,
    (value) => {
      quantity = value;
      draw();
    },
  );

  function draw(): void {
    const width = Math.min(WIDEST, host.element.clientWidth);
    if (width === 0) return;
    const key = `${quantity} ${width}`;
    if (key !== drawn) {
      drawn = key;
      const drawing = lengthDrawing(record, quantity);
      chart = lineChart({ ...drawing, width, height: HEIGHT, labelRoom: 150, markRoom: 84 });
      host.draw(chart.node, width, HEIGHT);
    }
    const at = lengths[choice.at() ?? -1];
    host.mark(
      chart === null || at === undefined
        ? []
        : [
            svg("path", {
              class: "vt-lit",
              d: `M${round(chart.x(at.context))} ${chart.plot.top}V${chart.plot.bottom}`,
            }),
          ],
    );
    const said = says();
    line.textContent = said === "" ? lengthText(record) : said;
  }

  return {
    element: element(
      "div",
      { class: "vt-sparse-lengths" },
      element("h4", {}, "One token's cost against length, beside dense attention"),
      element("div", { class: "vt-chart-bar" }, control.element, table.toggle),
      host.element,
      line,
      table.element,
    ),
    draw,
  };
}

function lengthTable({ lengths, denseLengths }: LengthCostRecord): DataTable {
  const rows = lengths.map((own, i) => ({ own, dense: denseLengths?.[i] }));
  return dataTable({
    caption: () => "What one decoded token takes by length (computed from the plan)",
    columns: () =>
      [
        "positions",
        ...QUANTITIES.flatMap((each) => [QUANTITY_NAMES[each], `dense: ${QUANTITY_NAMES[each]}`]),
      ].map((label) => ({ label, isNumber: true })),
    nRows: () => rows.length,
    row: (i) => {
      const row = rows[i];
      if (row === undefined) return [];
      return [
        String(row.own.context),
        ...QUANTITIES.flatMap((each) => [String(row.own[each]), String(row.dense?.[each] ?? "—")]),
      ];
    },
  });
}
