import type { AfmView, RenderContext } from "../render/afm.ts";
import { createChartHost, localChoice } from "../render/chart/chartHost.ts";
import { CHART_STYLES } from "../render/chart/chartStyles.ts";
import { type Chart, lineChart } from "../render/chart/lineChart.ts";
import { round, svg } from "../render/chart/svgNode.ts";
import { type AxisScale, axisScale, segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { createShell } from "../render/shell.ts";
import {
  amountsText,
  CACHED,
  type Cached,
  type ConversationState,
  conversationDrawing,
  conversationSummary,
  currenciesOf,
  heightOf,
  linesIn,
  totalsOf,
  turnText,
} from "./data.ts";

function render({ model, el }: RenderContext): () => void {
  const record = model.get("record") as ConversationState["record"];
  const { turns } = record;
  const currencies = currenciesOf(record);
  let currency = currencies[0] ?? "USD";
  let cached: Cached = "shared";
  let scale: AxisScale = "linear";
  let chart: Chart | null = null;
  let drawn = "";

  const shell = createShell({
    ...{ el, model },
    picture: "conversation",
    title: "Conversation",
    subtitle: conversationSummary(record),
    description: `what ${turns.length} turns cost under ${record.lines.length} price lists`,
    styles: CHART_STYLES,
    redraw: () => draw(),
  });
  const choice = localChoice(() => draw());
  const text = (): string => {
    const turn = choice.at();
    const known = turn === null ? undefined : turns[turn];
    if (turn === null || known === undefined) return "";
    return `Turn ${turn + 1}: ${turnText(known)}. So far: ${amountsText(record, currency, cached, turn)}`;
  };
  const host = createChartHost({
    kind: "lines over turns",
    label:
      "What the conversation has cost after each turn, a line for each price list. Left and right choose a turn, Enter keeps it, Escape clears.",
    signal: shell.signal,
    announce: shell.announce,
    choice: {
      ...choice,
      count: () => turns.length,
      nearest: (x) => nearest(x),
      says: text,
    },
  });
  const line = element("p", { class: "vt-says" });
  const note = element("p", { class: "vt-note" });
  const table = dataTable({
    caption: () =>
      `Tokens of each turn, and ${currency} so far by each list with ${CACHED[cached].means}`,
    columns: () => [
      ...["turn", "input", "cached (measured)", "could be (derived)", "output", "reasoning"].map(
        (label) => ({ label, isNumber: true }),
      ),
      ...linesIn(record, currency).map((one) => ({ label: one.table.name, isNumber: true })),
    ],
    nRows: () => turns.length,
    row: (i) => {
      const turn = turns[i];
      if (turn === undefined) return [];
      const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = turn.usage;
      return [
        ...[i + 1, inputTokens, cachedInputTokens].map(String),
        String(turn.shareableInputTokens ?? "unknown"),
        ...[outputTokens, reasoningTokens].map(String),
        ...linesIn(record, currency).map((one) => String(totalsOf(one, cached)[i] ?? "unknown")),
      ];
    },
  });
  shell.actions.append(table.toggle);
  const changed = (): void => {
    table.refresh();
    draw();
  };
  shell.toolbar.append(
    segmented<Cached>(
      "input",
      (Object.keys(CACHED) as Cached[]).map((value) => ({
        value,
        label: CACHED[value].label,
        title: CACHED[value].means,
      })),
      cached,
      (value) => {
        cached = value;
        changed();
      },
    ).element,
    ...(currencies.length > 1
      ? [
          segmented(
            "in",
            currencies.map((value) => ({ value, label: value })),
            currency,
            (value) => {
              currency = value;
              changed();
            },
          ).element,
        ]
      : []),
    axisScale(scale, (value) => {
      scale = value;
      changed();
    }).element,
  );
  shell.body.append(host.element, line, note, table.element);

  function nearest(px: number): number | null {
    if (chart === null || px < chart.plot.left - 20 || px > chart.plot.right + 20) return null;
    const { left, right } = chart.plot;
    const share = (px - left) / (right - left);
    return Math.max(
      0,
      Math.min(turns.length - 1, Math.round(share * Math.max(1, turns.length - 1))),
    );
  }

  function draw(): void {
    const width = host.element.clientWidth;
    if (width === 0) return;
    const key = `${currency} ${cached} ${scale} ${width}`;
    if (key !== drawn) {
      drawn = key;
      const drawing = conversationDrawing(record, currency, cached, scale === "log");
      const height = heightOf(drawing.lines.length);
      chart = lineChart({ ...drawing, width, height, labelRoom: width < 560 ? 130 : 220 });
      host.draw(chart.node, width, height);
      note.textContent = `With ${CACHED[cached].means}. Amounts are what services with these lists would bill.`;
    }
    mark();
    const said = text();
    line.replaceChildren(
      said === ""
        ? element(
            "span",
            { class: "vt-muted" },
            "Point at a turn, or use left and right, to read amounts.",
          )
        : said,
    );
  }

  function mark(): void {
    const turn = choice.at();
    if (chart === null || turn === null) {
      host.mark([]);
      return;
    }
    const { plot, x, y } = chart;
    const at = round(x(turn + 1));
    const totals = linesIn(record, currency).map((one) => totalsOf(one, cached)[turn] ?? 0);
    host.mark([
      svg("path", { class: "vt-lit", d: `M${at} ${plot.top}V${plot.bottom}` }),
      ...totals
        .filter((total) => total > 0)
        .map((total) => svg("circle", { class: "vt-pin", cx: at, cy: round(y(total)), r: 3.5 })),
    ]);
  }

  return () => shell.destroy();
}

export default { render } satisfies AfmView;
