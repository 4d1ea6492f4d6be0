import { dropdown, segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { createCellMap } from "./cellMap.ts";
import type { MapCell } from "./cellMapDrawing.ts";
import { liftOf } from "./expertCounts.ts";
import { createExpertPanel } from "./expertPanel.ts";
import { createMapKey } from "./mapKey.ts";
import type { RoutingPage, RoutingTab } from "./page.ts";
import { amountStrengths, endsOf, NOTHING, signedStrengths } from "./strengths.ts";

type Measure = "tokens" | "lift";

/** One layer's experts by its experts: how many tokens two of them share, and whether that is more than chance. */
export function togetherTab(page: RoutingPage): RoutingTab {
  const { shell, store, layers, nExperts, sources } = page;
  let source = 0;
  let measure: Measure = "tokens";
  let across = 1;
  const layer = dropdown(
    "layer",
    layers.map((each, row) => ({ value: String(row), label: String(each) })),
    "0",
    (value) => {
      page.pin({ row: Number(value), expert: page.place.expert });
      page.schedule();
    },
  );
  const which = dropdown(
    "of",
    sources.map(({ label }, i) => ({ value: String(i), label })),
    "0",
    (value) => {
      source = Number(value);
      page.schedule();
    },
  );
  const measures = segmented<Measure>(
    "show",
    [
      { value: "tokens", label: "tokens" },
      { value: "lift", label: "against chance" },
    ],
    measure,
    (value) => {
      measure = value;
      page.schedule();
    },
  );
  if (sources.length === 1) which.element.hidden = true;
  const map = createCellMap({
    description: "experts chosen together",
    label: "Tokens sent to both of two experts of a layer.",
    signal: shell.signal,
    onPoint: (cell) => {
      if (cell) across = cell.column;
      page.point(cell && { expert: cell.row, row: page.place.row });
      page.schedule(); // the expert across is this picture's alone
      if (cell) shell.announce(lineOf(cell));
    },
    onPin: (cell) => page.pin({ expert: cell.row, row: page.place.row }),
    onClear: () => page.clear(),
  });
  const key = createMapKey();
  const line = element("p", { class: "vt-cell-line" });
  const panel = createExpertPanel(page);
  const column = element(
    "div",
    { class: "vt-cells-column" },
    element("div", { class: "vt-toolbar" }, layer.element, which.element, measures.element),
    ...[map.element, line, key.element],
  );
  const stage = element("div", { class: "vt-routing" }, column, panel.element);
  const nTokens = (): number => sources[source]?.nTokens ?? 0;

  function lineOf({ row: a, column: b }: MapCell): string {
    const counts = store.togetherOf(source, page.place.row);
    const place = `Experts ${a} and ${b} of layer ${layers[page.place.row]}`;
    if (counts === null) return `${place}: reading`;
    const count = counts[a * nExperts + b] ?? 0;
    if (a === b) return `Expert ${a} of layer ${layers[page.place.row]}: ${count} tokens`;
    const lift = liftOf(counts, nExperts, nTokens())[a * nExperts + b] ?? Number.NaN;
    const chance = Number.isNaN(lift)
      ? "one of them was never chosen"
      : `${exactF32(Number(lift.toPrecision(4)))} × what chance would give`;
    return `${place}: ${count} tokens together of ${counts[a * nExperts + a]} and ${counts[b * nExperts + b]}, ${chance}`;
  }

  let made = "";
  let strengths: Float32Array = new Float32Array(0);
  let values: Float32Array = new Float32Array(0);
  function read(counts: Float32Array): void {
    const now = `${source} ${page.place.row} ${measure}`;
    if (made === now) return;
    made = now;
    const off = counts.map((count, i) =>
      Math.floor(i / nExperts) === i % nExperts ? NOTHING : count,
    );
    values = measure === "tokens" ? off : liftOf(counts, nExperts, nTokens()).map(logLift);
    strengths = measure === "tokens" ? amountStrengths(values, "linear") : signedStrengths(values);
  }

  return {
    element: stage,
    help: "Experts of one layer, down and across. Arrows move the cell, Enter pins the expert of the row, Esc clears. The diagonal is left out.",
    table: {
      caption: () =>
        `Tokens of layer ${layers[page.place.row]} sent to both experts, counted from the routes`,
      columns: () => [
        { label: "expert", isNumber: true },
        { label: "expert", isNumber: true },
        { label: "tokens", isNumber: true },
        { label: "× chance", isNumber: true },
      ],
      nRows: () => nExperts * nExperts,
      row: (i) => {
        const counts = store.togetherOf(source, page.place.row);
        const lift = counts && liftOf(counts, nExperts, nTokens())[i];
        return [
          String(Math.floor(i / nExperts)),
          String(i % nExperts),
          counts ? String(counts[i]) : "…",
          lift === null || lift === undefined ? "…" : Number.isNaN(lift) ? "" : exactF32(lift),
        ];
      },
    },
    draw() {
      layer.value = String(page.place.row);
      const counts = store.togetherOf(source, page.place.row);
      if (counts) read(counts);
      const cell = { row: page.place.expert, column: across };
      map.draw(
        {
          ...{ nRows: nExperts, nColumns: nExperts, isSigned: measure === "lift" },
          strengths: counts ? strengths : new Float32Array(0),
          ...{ rowLabel: String, columnLabel: String, rowTitle: "expert", columnTitle: "expert" },
          ...{ cell, pinned: null, marks: [], columnsPerGroup: 0 },
        },
        shell.theme,
        Math.min(column.clientWidth, 720),
      );
      line.textContent = lineOf(cell);
      const { most } = endsOf(values.map(Math.abs));
      key.draw(
        measure === "tokens"
          ? { isSigned: false, low: "0", high: `${most} tokens, linear` }
          : {
              isSigned: true,
              low: `${exactF32(Number((2 ** -most).toPrecision(3)))} ×`,
              high: `${exactF32(Number((2 ** most).toPrecision(3)))} × chance, log about 1`,
            },
        shell.theme,
      );
      panel.draw();
    },
  };
}

/** Twice as often is as far from chance as half as often; never is as far as can be. */
function logLift(lift: number): number {
  return lift === 0 ? Number.NEGATIVE_INFINITY : Math.log2(lift);
}
