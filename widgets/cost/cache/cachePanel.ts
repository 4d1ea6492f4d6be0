import { createChartHost, localChoice } from "../../render/chart/chartHost.ts";
import { type Chart, lineChart } from "../../render/chart/lineChart.ts";
import { svg } from "../../render/chart/svgNode.ts";
import { type AxisScale, axisScale, segmented } from "../../render/controls.ts";
import { dataTable } from "../../render/dataTable.ts";
import { element } from "../../render/element.ts";
import { byteCount, siNumber } from "../../render/formatNumber.ts";
import { visibleToken } from "../../render/visibleToken.ts";
import type { CostTotals } from "../data.ts";
import type { Panel, PanelContext } from "../panel.ts";
import { ASSUMED, cacheLines, cacheRows, cacheText } from "./data.ts";

const HEIGHT = 250;
/** Places that arrows go through where the axis reaches beyond the run. */
const STEPS = 64;

type Reach = "run" | "context";

/** What the lines over tokens are made from. */
export interface CachePanelContext
  extends Omit<PanelContext, "totals" | "byClass" | "firstDecoded" | "roofline"> {
  readonly totals: Pick<CostTotals, "caches" | "kvBytesPerToken">;
}

/** How the cache grows with each token, beside what other forms of attention would keep. */
export function createCachePanel(context: CachePanelContext): Panel {
  const { nTokens, contextLength, tokenTexts, tokens } = context;
  const rows = cacheRows(context.totals);
  let reach: Reach = "run";
  let scale: AxisScale = "linear";
  let chart: Chart | null = null;
  let drawn = "";
  const beyond = localChoice(() => draw());

  const last = (): number => (reach === "run" ? nTokens : contextLength);
  /** Tokens in the cache at the i-th place. */
  const countAt = (i: number): number =>
    reach === "run" ? i + 1 : Math.max(1, Math.round(((i + 1) * contextLength) / STEPS));
  const nPlaces = (): number => (reach === "run" ? nTokens : Math.min(STEPS, contextLength));
  const at = (): number | null => {
    const index = reach === "run" ? tokens.lit() : beyond.at();
    return index !== null && index < nPlaces() ? index : null;
  };
  const text = (): string => {
    const index = at();
    if (index === null) return "";
    const count = countAt(index);
    return `${count} token${count === 1 ? "" : "s"}: ${cacheText(rows, count)} (derived)`;
  };

  const host = createChartHost({
    kind: "lines over tokens",
    label:
      "Bytes of the KV cache after each token, by form of attention. Left and right choose a token, Enter pins it, Escape clears.",
    signal: context.signal,
    announce: context.announce,
    choice: {
      count: nPlaces,
      at,
      hover: (index) => (reach === "run" ? tokens.hover(index) : beyond.hover(index)),
      pin: (index) => (reach === "run" ? tokens.pin(index) : beyond.pin(index)),
      clear: () => (reach === "run" ? tokens.clear() : beyond.clear()),
      nearest: (x) => {
        if (chart === null || x < chart.plot.left - 6 || x > chart.plot.right + 6) return null;
        const share = (x - chart.plot.left) / (chart.plot.right - chart.plot.left);
        const index = Math.round(share * nPlaces()) - 1;
        return Math.max(0, Math.min(nPlaces() - 1, index));
      },
      says: text,
    },
  });
  const line = element("p", { class: "vt-says" });
  const table = dataTable({
    caption: () => "Bytes of the KV cache by form of attention (derived)",
    columns: () => [
      { label: "tokens", isNumber: true },
      { label: "last token", isNumber: false },
      ...rows.map(({ name }) => ({ label: name, isNumber: true })),
    ],
    nRows: nPlaces,
    row: (i) => [
      String(countAt(i)),
      visibleToken(tokenTexts[countAt(i) - 1] ?? "–"),
      ...rows.map(({ bytesPerToken }) => String(countAt(i) * bytesPerToken)),
    ],
  });
  const controls = element(
    "div",
    { class: "vt-chart-bar" },
    segmented<Reach>(
      "along",
      [
        { value: "run", label: "this run" },
        { value: "context", label: `its context of ${siNumber(contextLength)}` },
      ],
      reach,
      (value) => {
        reach = value;
        table.refresh();
        draw();
      },
    ).element,
    axisScale(scale, (value) => {
      scale = value;
      draw();
    }).element,
    table.toggle,
  );

  function draw(): void {
    const width = host.element.clientWidth;
    if (width === 0) return;
    const key = `${reach} ${scale} ${width}`;
    if (key !== drawn) {
      drawn = key;
      const perToken = rows.map(({ bytesPerToken }) => bytesPerToken);
      const isLog = scale === "log";
      chart = lineChart({
        ...{ width, height: HEIGHT, labelRoom: 150 },
        x: { label: "tokens", domain: [0, Math.max(1, last())], format: siNumber, isWhole: true },
        y: {
          label: "bytes in the cache",
          domain: [isLog ? Math.min(...perToken) : 0, Math.max(1, last()) * Math.max(...perToken)],
          format: byteCount,
          isLog,
          nTicks: 5,
        },
        lines: cacheLines(rows, Math.max(1, last()), isLog),
      });
      host.draw(chart.node, width, HEIGHT);
    }
    mark();
    const says = text();
    const token = reach === "run" ? at() : null;
    line.replaceChildren(
      ...(token === null
        ? []
        : [element("strong", {}, visibleToken(tokenTexts[token] ?? "")), " "]),
      says === ""
        ? element(
            "span",
            { class: "vt-muted" },
            "Point at the lines, or use left and right, to read bytes.",
          )
        : says,
    );
  }

  function mark(): void {
    const index = at();
    if (chart === null || index === null) {
      host.mark([]);
      return;
    }
    const { plot, x, y } = chart;
    const count = countAt(index);
    host.mark([
      svg("path", { class: "vt-lit", d: `M${x(count)} ${plot.top}V${plot.bottom}` }),
      ...rows.map(({ bytesPerToken }) =>
        svg("circle", { class: "vt-pin", cx: x(count), cy: y(count * bytesPerToken), r: 3 }),
      ),
    ]);
  }

  return {
    element: element(
      "div",
      {},
      controls,
      host.element,
      line,
      element("p", { class: "vt-note" }, ASSUMED),
      table.element,
    ),
    draw,
  };
}
