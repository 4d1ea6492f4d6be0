import { createChartHost, localChoice } from "../../render/chart/chartHost.ts";
import { round, svg } from "../../render/chart/svgNode.ts";
import { dataTable } from "../../render/dataTable.ts";
import { element } from "../../render/element.ts";
import { CLASS_NAMES } from "../data.ts";
import type { Panel, PanelContext } from "../panel.ts";
import { FATES, flowText, parameterFlows, sumOf } from "./data.ts";
import { type ParametersChart, parametersChart } from "./parametersChart.ts";

const ROW = 22;
const LEAST_HEIGHT = 220;

/** Which of the model's parameters one token meets, by part of the model. */
export function createParametersPanel(context: PanelContext): Panel {
  const flows = parameterFlows(context.totals);
  const all = sumOf(flows, null);
  const height = Math.max(LEAST_HEIGHT, flows.length * ROW + 60);
  let chart: ParametersChart | null = null;
  let drawnWidth = 0;
  const choice = localChoice(() => draw());
  const text = (): string => {
    const flow = flows[choice.at() ?? -1];
    return flow ? flowText(flow, all) : "";
  };
  const host = createChartHost({
    kind: "flow of parameters",
    label:
      "Parameters of the model by part, and which of them one token meets. Up and down choose a part, Enter keeps it, Escape clears.",
    signal: context.signal,
    announce: context.announce,
    choice: {
      count: () => flows.length,
      ...choice,
      nearest: (x, y) => chart?.partAt(x, y) ?? null,
      says: text,
    },
  });
  const line = element("p", { class: "vt-says" });
  const table = dataTable({
    caption: () => "Parameters by part of the model (derived)",
    columns: () => [
      { label: "part", isNumber: false },
      { label: "parameters", isNumber: true },
      ...FATES.map(({ name }) => ({ label: name, isNumber: true })),
    ],
    nRows: () => flows.length + 1,
    row: (i) => {
      const flow = flows[i];
      const counts = FATES.map(({ fate }) => (flow ? flow.fates[fate] : sumOf(flows, fate)));
      return [
        flow ? CLASS_NAMES[flow.part.costClass] : "all",
        String(flow?.parameters ?? all),
        ...counts.map(String),
      ];
    },
  });
  const means = FATES.filter(({ fate }) => sumOf(flows, fate) > 0);

  function draw(): void {
    const width = host.element.clientWidth;
    if (width === 0) return;
    if (width !== drawnWidth) {
      drawnWidth = width;
      chart = parametersChart(flows, width, height);
      host.draw(chart.node, width, height);
    }
    const place = chart?.places[choice.at() ?? -1];
    const [left, right] = chart?.bars ?? [0, 0];
    host.mark(
      place === undefined
        ? []
        : [
            svg("rect", {
              class: "vt-lit",
              ...{ x: left - 2, y: round(place.top - 2), width: right - left + 4 },
              height: round(place.bottom - place.top + 4),
            }),
          ],
    );
    const said = text();
    line.replaceChildren(
      said === ""
        ? element(
            "span",
            { class: "vt-muted" },
            means.map(({ name, means: m }) => `${name}: ${m}`).join("; "),
          )
        : said,
    );
  }

  return {
    element: element(
      "div",
      {},
      element("div", { class: "vt-chart-bar" }, table.toggle),
      host.element,
      line,
      table.element,
    ),
    draw,
  };
}
