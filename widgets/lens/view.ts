import type { AfmView, RenderContext } from "../render/afm.ts";
import { askedOnRest } from "../render/askedOnRest.ts";
import { askKernel } from "../render/askKernel.ts";
import { type AxisScale, axisScale, segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { percent } from "../render/formatNumber.ts";
import { createPager } from "../render/pager.ts";
import { litToken, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import type { TableColumn } from "../render/table.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { type ColumnWindow, columnsThatFit, windowWith } from "./columnWindow.ts";
import {
  cellText,
  type Likeliest,
  layerOfSite,
  readState,
  rowOfLayer,
  siteLabel,
  summaryText,
} from "./data.ts";
import { LEAST_CELL, layoutOf, nameRoom } from "./layout.ts";
import { createLensGrid, type LensPlace } from "./lensGrid.ts";
import {
  FIRST_SCALES,
  MEASURE_TITLES,
  MEASURES,
  type Measure,
  type MeasureRange,
  measureAt,
  rangeOf,
  rangeText,
  strengthOf,
} from "./measures.ts";
import { createOverview } from "./overview.ts";
import { createReadout } from "./readout.ts";
import { STYLES } from "./styles.ts";
import { cellColumns } from "./tables.ts";

const HELP =
  "A cell is what the model would say next if it ended there: the site's residual through the final norm and the unembedding. An underlined token is the target, the one that the lens was asked about, as a rule the one that follows. Arrows move, Enter pins, Esc lets go; what is lit here is lit in the other pictures of the run.";

function render({ model, el }: RenderContext): () => void {
  const state = readState((key) => model.get(key));
  const { sites, positions } = state;
  const bus = selectionBus(state.runId);
  const scales: Record<Measure, AxisScale> = { ...FIRST_SCALES };
  let measure: Measure = "probability";
  let range: MeasureRange = rangeOf(state, measure);
  let place: LensPlace = { row: sites.length - 1, column: positions.length - 1 };
  /** The cell that was pinned here: pictures tell each other its layer, which has several sites. */
  let pinnedHere: LensPlace | null = null;
  let shown: ColumnWindow = { first: 0, count: 1 };
  let columns: readonly TableColumn[] | null = null;
  /** A cell that keys led to, whose tokens are to be spoken when they come. */
  let unspoken: LensPlace | null = null;

  const shell = createShell({
    ...{ el, model },
    picture: "lens",
    title: state.translated ? "Tuned lens" : "Lens",
    subtitle: state.subtitle,
    description: summaryText(state),
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const ask = askKernel({ model, el }, signal);
  const likeliest = askedOnRest<readonly Likeliest[]>({
    signal,
    ask: async (column) =>
      (await ask("likeliest", { column })).content.rows as readonly Likeliest[],
    onTold: (column) => {
      if (column === place.column) schedule();
    },
  });
  const scale = axisScale(scales[measure], (value) => {
    scales[measure] = value;
    draw();
  });
  const isOffered = (one: Measure): boolean =>
    (one !== "target" && one !== "rank") || state.targets.some((id) => id >= 0);
  shell.toolbar.append(
    segmented<Measure>(
      "Colour",
      MEASURES.filter(isOffered).map((value) => ({
        ...{ value, title: MEASURE_TITLES[value] },
        label: value === "target" ? "target's probability" : value,
      })),
      measure,
      (value) => {
        measure = value;
        range = rangeOf(state, measure);
        scale.value = scales[measure];
        draw();
      },
    ).element,
    scale.element,
  );

  const selectionAt = ({ row, column }: LensPlace) => {
    const layer = layerOfSite(sites[row] ?? "");
    return { token: positions[column] ?? 0, ...(layer === null ? {} : { layer }) };
  };
  const grid = createLensGrid({
    ...{ cells: state, signal },
    onPoint: (to, byKey) => {
      if (to) place = to;
      if (to && byKey) {
        unspoken = to;
        shell.announce(cellText(state, to.row, to.column));
      }
      bus.hover(to && selectionAt(to));
      schedule();
    },
    onPin: (to) => {
      place = to;
      const moves = isOtherSiteOf(pinnedPlace(), to);
      pinnedHere = to;
      if (!moves) bus.pin(selectionAt(to)); // the bus would take the same layer and token for an unpinning
      schedule();
    },
    onClear: () => {
      bus.hover(null);
      bus.pin(null);
    },
  });
  const overview = createOverview(signal, (column) => {
    shown = { ...shown, first: Math.max(0, column - Math.floor(shown.count / 2)) };
    place = { ...place, column };
    schedule();
  });
  const turn = (first: number, column: number): void => {
    shown = { ...shown, first: Math.max(0, first) };
    place = { ...place, column };
    schedule();
  };
  const pager = createPager({
    labels: ["‹ Earlier", "Later ›"],
    titles: ["Positions before", "Positions after"],
    onTurn(by) {
      const next = shown.first + shown.count;
      if (by > 0) turn(next, next);
      else turn(shown.first - shown.count, shown.first - 1);
    },
  });
  const readout = createReadout(state);
  const key = element("p", { class: "vt-scale-line" });
  const cellTable = (): readonly TableColumn[] => {
    columns ??= cellColumns(state);
    return columns;
  };
  const table = dataTable({
    caption: () => `What each site says at each position, ${state.subtitle} (recomputed)`,
    columns: () =>
      cellTable().map(({ name, unit, values }) => ({
        label: unit === undefined ? name : `${name} [${unit}]`,
        isNumber: ArrayBuffer.isView(values) || name === "target rank" || name === "target id",
      })),
    nRows: () => sites.length * positions.length,
    row: (i) =>
      cellTable().map(({ name, values }) => {
        const value = values[i] ?? "";
        return name === "token" || name === "likeliest" || (name === "target" && value !== "")
          ? visibleToken(String(value))
          : String(value);
      }),
  });
  shell.actions.append(table.toggle);
  shell.body.append(
    element("p", { class: "vt-lens-summary" }, summaryText(state)),
    element(
      "div",
      { class: "vt-lens" },
      element("div", {}, grid.element, pager.element, overview.element, key),
      readout.element,
    ),
    element("p", { class: "vt-note" }, HELP),
    table.element,
  );

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));
  bus.subscribe(() => {
    follow();
    schedule();
  }, signal);
  follow();

  function columnOf(token: number | null | undefined): number | null {
    const column = positions.indexOf(token ?? -1);
    return column < 0 ? null : column;
  }

  /** Goes to what other pictures point at, as far as the lens has it. */
  function follow(): void {
    const { hovered, pinned } = bus.state;
    const column = columnOf(litToken(bus.state));
    if (column !== null) place = { ...place, column };
    const layer = hovered?.layer ?? pinned?.layer ?? null;
    if (layer !== null && layerOfSite(sites[place.row] ?? "") !== layer)
      place = { ...place, row: rowOfLayer(sites, layer) ?? place.row };
  }

  function pinnedPlace(): LensPlace | null {
    const { pinned } = bus.state;
    const column = columnOf(pinned?.token);
    const row = rowOfLayer(sites, pinned?.layer ?? null);
    if (column === null || row === null) return null;
    const isOwn =
      column === pinnedHere?.column && layerOfSite(sites[pinnedHere.row] ?? "") === pinned?.layer;
    return isOwn ? pinnedHere : { row, column };
  }

  /** Whether both are sites of one layer at one token, which the bus cannot tell apart. */
  function isOtherSiteOf(pinned: LensPlace | null, to: LensPlace): boolean {
    if (pinned === null || pinned.row === to.row || pinned.column !== to.column) return false;
    return layerOfSite(sites[pinned.row] ?? "") === layerOfSite(sites[to.row] ?? "");
  }

  function draw(): void {
    const litColumn = columnOf(litToken(bus.state));
    const width = grid.element.clientWidth;
    const names = sites.map(siteLabel);
    const room = width - nameRoom(names) - 2;
    const count = columnsThatFit(room, LEAST_CELL, positions.length);
    shown = windowWith({ first: shown.first, count }, place.column, positions.length);
    const layout = layoutOf(names, width, shown);
    const strength = (cell: number): number =>
      strengthOf(measureAt(state, measure, cell), measure, scales[measure], range);
    grid.draw(
      { ...{ layout, strength, chosen: place, litColumn }, pinned: pinnedPlace() },
      shell.theme,
    );
    const isWhole = count === positions.length;
    const last = shown.first + count - 1;
    const where = `positions ${positions[shown.first]} to ${positions[last]}, ${count} of ${positions.length}`;
    const ends = { isFirst: shown.first === 0, isLast: last === positions.length - 1 };
    pager.draw(isWhole ? null : where, ends);
    overview.element.hidden = isWhole;
    if (!isWhole) {
      const [nRows, nColumns] = [sites.length, positions.length];
      const { left } = layout;
      const version = `${measure} ${scales[measure]}`;
      overview.draw({ nRows, nColumns, strength, version, shown, left, width }, shell.theme);
    }
    key.textContent = rangeText(measure, scales[measure], range);
    const known = likeliest.of(place.column);
    const own = typeof known === "object" ? known[place.row] : known;
    readout.draw(place, own ?? "reading the likeliest tokens…");
    likeliest.rest(place.column);
    speak(own);
  }

  function speak(own: Likeliest | string | undefined): void {
    if (unspoken === null || typeof own !== "object") return;
    const { row, column } = unspoken;
    unspoken = null;
    if (row !== place.row || column !== place.column) return;
    const all = own.texts.map(
      (text, i) => `${visibleToken(text)} ${percent(own.probabilities[i] ?? Number.NaN)}`,
    );
    shell.announce(`${cellText(state, row, column)}. Likeliest: ${all.join(", ")}`);
  }

  return () => shell.destroy();
}

export default { render } satisfies AfmView;
