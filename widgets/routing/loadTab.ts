import { dropdown, segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { exactF32, percent } from "../render/formatNumber.ts";
import { createCellMap } from "./cellMap.ts";
import type { MapCell } from "./cellMapDrawing.ts";
import { loadDistances, loadShares } from "./expertCounts.ts";
import { createExpertPanel } from "./expertPanel.ts";
import { createMapKey } from "./mapKey.ts";
import { layerLabel, pinnedCell, type RoutingPage, type RoutingTab } from "./page.ts";
import { amountStrengths, endsOf, type ScaleName, signedStrengths } from "./strengths.ts";

/** What is drawn: a text's load, by its place among the sources, or the difference to the compared run. */
type Shown = `${number}` | "difference";

/** All layers by all experts: how many tokens each expert was sent, against a uniform load; and how two texts differ. */
export function loadTab(page: RoutingPage): RoutingTab {
  const { shell, store, layers, nExperts, sources, compared } = page;
  let shown: Shown = "0";
  let scale: ScaleName = "linear";
  const redraw = (): void => page.schedule();
  const choices = sources.map(({ label }, i) => ({ value: `${i}` as Shown, label }));
  const which = dropdown<Shown>(
    "load of",
    compared < 0
      ? choices
      : [...choices, { value: "difference", label: "compared run − this run" }],
    shown,
    (value) => {
      shown = value;
      redraw();
    },
  );
  const scales = segmented<ScaleName>(
    "scale",
    (["linear", "log", "rank"] as const).map((value) => ({ value, label: value })),
    scale,
    (value) => {
      scale = value;
      redraw();
    },
  );
  const map = createCellMap({
    description: "load of experts",
    label: "Tokens sent to each expert, layers down, experts across.",
    signal: shell.signal,
    onPoint: (cell) => {
      page.point(cell && { row: cell.row, expert: cell.column });
      if (cell) shell.announce(lineOf(cell));
    },
    onPin: (cell) => page.pin({ row: cell.row, expert: cell.column }),
    onClear: () => page.clear(),
  });
  const key = createMapKey();
  const line = element("p", { class: "vt-cell-line" });
  const panel = createExpertPanel(page);
  const controls = element("div", { class: "vt-toolbar" }, which.element, scales.element);
  const column = element(
    "div",
    { class: "vt-cells-column" },
    ...[controls, map.element, line, key.element],
  );
  const stage = element("div", { class: "vt-routing" }, column, panel.element);
  if (sources.length === 1) which.element.hidden = true;

  /** (layers, E) the numbers that are drawn: times a uniform load, or differences of shares. */
  let values: Float32Array | null = null;
  let counts: Float32Array | null = null;
  let other: Float32Array | null = null;
  let strengths: Float32Array = new Float32Array(0);
  let made = "";
  function read(): void {
    counts = store.loadOf(shown === "difference" ? 0 : Number(shown));
    other = shown === "difference" ? store.loadOf(compared) : null;
    const isThere = counts !== null && (shown !== "difference" || other !== null);
    const now = `${shown} ${scale} ${isThere}`;
    if (made === now) return;
    made = now;
    values = null;
    if (counts === null || !isThere) return;
    values = other ? differences(counts, other, nExperts) : timesUniform(counts, nExperts);
    strengths = other ? signedStrengths(values) : amountStrengths(values, scale);
  }

  function lineOf({ row, column: expert }: MapCell): string {
    read();
    const at = row * nExperts + expert;
    const place = `Expert ${expert} of layer ${layers[row]}`;
    if (values === null || counts === null) return `${place}: reading`;
    if (other) {
      const [own, theirs] = [loadShares(counts, nExperts), loadShares(other, nExperts)];
      const distance = loadDistances(counts, other, nExperts)[row] ?? Number.NaN;
      return `${place}: ${percent(theirs[at] ?? 0)} of the layer's routes in the compared run, ${percent(own[at] ?? 0)} in this one. The layer's loads are ${percent(distance)} apart.`;
    }
    return `${place}: ${counts[at]} tokens, ${exactF32(values[at] ?? Number.NaN)} × a uniform load`;
  }

  return {
    element: stage,
    help: "Each cell is an expert of a layer, expert 0 at the left. Arrows move the cell, Enter pins it, Esc clears; the panel tells what the expert was sent.",
    table: {
      caption: () => `Tokens sent to each expert, counted from the routes`,
      columns: () => [
        { label: "layer", isNumber: true },
        { label: "expert", isNumber: true },
        ...sources.flatMap(({ label }) => [
          { label: `tokens, ${label}`, isNumber: true },
          { label: `share of routes, ${label}`, isNumber: true },
        ]),
      ],
      nRows: () => layers.length * nExperts,
      row: (i) => [
        String(layers[Math.floor(i / nExperts)]),
        String(i % nExperts),
        ...sources.flatMap((_, source) => {
          const load = store.loadOf(source);
          if (load === null) return ["…", "…"];
          const from = i - (i % nExperts);
          const sum = load.subarray(from, from + nExperts).reduce((a, b) => a + b, 0);
          return [String(load[i]), exactF32(sum === 0 ? 0 : (load[i] ?? 0) / sum)];
        }),
      ],
    },
    draw() {
      read();
      const { row, expert } = page.place;
      const cell = { row, column: expert };
      map.draw(
        {
          ...{ nRows: layers.length, nColumns: nExperts, isSigned: shown === "difference" },
          strengths: values === null ? new Float32Array(0) : strengths,
          rowLabel: (each) => layerLabel(page, each),
          columnLabel: String,
          ...{ rowTitle: "layer", columnTitle: "expert" },
          ...{ cell, pinned: pinnedCell(page, "expert"), marks: [], columnsPerGroup: 0 },
        },
        shell.theme,
        column.clientWidth,
      );
      line.textContent = lineOf(cell);
      scales.element.hidden = shown === "difference";
      const isSigned = shown === "difference";
      const most = values === null ? 0 : endsOf(isSigned ? values.map(Math.abs) : values).most;
      key.draw(
        isSigned
          ? {
              isSigned,
              low: `−${percent(most)}`,
              high: `${percent(most)} of the layer's routes more in the compared run, linear about 0`,
            }
          : {
              isSigned,
              low: "0",
              high: `${exactF32(Number(most.toPrecision(3)))} × a uniform load, ${scale === "rank" ? "by rank" : scale}`,
            },
        shell.theme,
      );
      panel.draw();
    },
  };
}

/** Counts over what each expert of the layer would get if all were sent alike, (layers, E). */
export function timesUniform(load: Float32Array, nExperts: number): Float32Array {
  return loadShares(load, nExperts).map((share) => share * nExperts);
}

function differences(own: Float32Array, other: Float32Array, nExperts: number): Float32Array {
  const [a, b] = [loadShares(own, nExperts), loadShares(other, nExperts)];
  return b.map((share, i) => share - (a[i] as number));
}
