import type { AfmView, RenderContext } from "../render/afm.ts";
import { dropdown, segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { createBus, type SelectionState, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import {
  type Arrangement,
  arrangements,
  arrangementText,
  mapOf,
  viewportWith,
  wholeViewport,
  zoomed,
} from "./arrangement.ts";
import { blockAt, blocksOf, poolText } from "./blocks.ts";
import { createCellTable } from "./cellTable.ts";
import {
  axisLabel,
  effectText,
  indicesOf,
  LEVELS,
  type Level,
  largestCell,
  placeText,
  readState,
  subtitleOf,
  summaryText,
  survives,
} from "./data.ts";
import { createEffectMatrix, type MapCell, MOST_COLUMNS, MOST_ROWS } from "./effectMatrix.ts";
import { type KeyActions, listenToKeys } from "./keys.ts";
import { createReadout } from "./readout.ts";
import { effectScale, SCALES, type ScaleName } from "./scale.ts";
import { createScaleKey } from "./scaleKey.ts";
import { litIndex, selectionOf } from "./selections.ts";
import { STYLES } from "./styles.ts";

const HELP =
  "A cell is the metric with its edit less the metric without: blue below 0, red above. Outlined and hatched cells survive a permutation test that is corrected over all cells. Arrows move the cell, Home and End go to the ends of the row, [ and ] choose another map, + and − zoom, Enter pins, Esc lets go.";

function render({ model, el }: RenderContext): () => void {
  const state = readState((key) => model.get(key));
  const bus = state.runId === null ? createBus() : selectionBus(state.runId);
  const all = arrangements(state);
  const largest = largestCell(state) ?? 0;
  let arrangement = all[0] as Arrangement;
  let at = thirdIndex();
  let map = mapOf(state, arrangement, at);
  let viewport = wholeViewport(map);
  let cell = mapCell(largest);
  let scale = effectScale(state, "linear");
  let level: Level = LEVELS[0];

  const shell = createShell({
    ...{ el, model },
    picture: "sweep",
    title: "Sweep",
    subtitle: subtitleOf(state),
    description: summaryText(state, level),
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const matrix = createEffectMatrix({
    ...{ record: state, signal },
    onPoint: (pointed) => {
      if (pointed) cell = pointed;
      bus.hover(pointed && selectionOf(state, place()));
      if (pointed) says();
      schedule();
    },
    onPin: (pinned) => {
      cell = pinned;
      pin();
    },
  });
  const chooser = createChooser();
  const summary = element("p", { class: "vt-sweep-summary" }, summaryText(state, level));
  const key = createScaleKey(state.p !== null);
  const readout = createReadout(state);
  const table = createCellTable(state);
  shell.toolbar.append(
    ...(all.length > 1 ? [arrangementControl()] : []),
    chooser.element,
    segmented<ScaleName>(
      "Scale",
      SCALES.map((value) => ({ value, label: value })),
      scale.name,
      (name) => {
        scale = effectScale(state, name);
        draw();
      },
    ).element,
    ...(state.p === null ? [] : [levelControl()]),
  );
  shell.actions.append(table.toggle);
  shell.body.append(
    summary,
    element(
      "div",
      { class: "vt-sweep" },
      element("div", {}, matrix.element, key.element),
      readout.element,
    ),
    element("p", { class: "vt-note" }, HELP),
    table.element,
  );

  function arrangementControl(): HTMLElement {
    const options = all.map((each, i) => ({
      value: String(i),
      label: arrangementText(state, each),
    }));
    return dropdown("Map", options, "0", (chosen) => arrange(all[Number(chosen)] ?? arrangement))
      .element;
  }

  function levelControl(): HTMLElement {
    const options = LEVELS.map((value) => ({ value, label: `p ≤ ${value}` }));
    return dropdown<Level>("Survives at", options, level, (chosen) => {
      level = chosen;
      summary.textContent = summaryText(state, level);
      draw();
    }).element;
  }

  /** Which of the maps is shown, where there are several. */
  function createChooser() {
    const host = element("span", {});
    return {
      element: host,
      draw(): void {
        const axis = arrangement.third === null ? null : state.axes[arrangement.third];
        host.hidden = !axis;
        if (!axis || host.dataset.shown === `${axis.name} ${at}`) return;
        host.dataset.shown = `${axis.name} ${at}`;
        const options = axis.values.map((_, i) => ({
          value: String(i),
          label: axisLabel(axis, i),
        }));
        const name = `${axis.name[0]?.toUpperCase()}${axis.name.slice(1)}`;
        const hadFocus = host.contains(document.activeElement);
        host.replaceChildren(
          dropdown(name, options, String(at), (chosen) => choose(Number(chosen))).element,
        );
        if (hadFocus) host.querySelector("select")?.focus();
      },
    };
  }

  /** The cell as a place in the arrays. */
  function place(): number {
    return map.cellAt(cell.row, cell.column);
  }

  function thirdIndex(of = largest): number {
    return arrangement.third === null ? 0 : (indicesOf(state, of)[arrangement.third] ?? 0);
  }

  function mapCell(of: number): MapCell {
    const indices = indicesOf(state, of);
    return {
      row: arrangement.rows === null ? 0 : (indices[arrangement.rows] ?? 0),
      column: indices[arrangement.columns] ?? 0,
    };
  }

  /** The same cell among other axes. */
  function arrange(next: Arrangement): void {
    const same = place();
    arrangement = next;
    at = thirdIndex(same);
    map = mapOf(state, arrangement, at);
    viewport = wholeViewport(map);
    cell = mapCell(same);
    draw();
    says();
  }

  function choose(next: number): void {
    const { third } = arrangement;
    const count = third === null ? 1 : (state.axes[third]?.values.length ?? 1);
    at = Math.max(0, Math.min(count - 1, next));
    map = mapOf(state, arrangement, at);
    moveTo(cell);
  }

  function moveTo({ row, column }: MapCell): void {
    cell = {
      row: Math.max(0, Math.min(map.nRows - 1, row)),
      column: Math.max(0, Math.min(map.nColumns - 1, column)),
    };
    viewport = viewportWith(viewport, cell.row, cell.column);
    cell = shownCell(cell);
    bus.hover(selectionOf(state, place()));
    draw();
    says();
  }

  /** The cell that stands for its block. */
  function shownCell({ row, column }: MapCell): MapCell {
    const cut = blocks();
    const block = [
      Math.floor((row - cut.rowStart) / cut.rowPool),
      Math.floor((column - cut.columnStart) / cut.columnPool),
    ] as const;
    return blockAt(state, map, cut, block, level);
  }

  function pin(): void {
    bus.pin(selectionOf(state, place()));
    schedule();
  }

  function says(): void {
    const here = place();
    const isSure = survives(state, here, level) ? ", survives" : "";
    shell.announce(
      `${placeText(state, here)}: ${effectText(state.effects[here] ?? Number.NaN)}${isSure}`,
    );
  }

  const actions: KeyActions = {
    move: (down, across) => {
      const { rowPool, columnPool } = blocks();
      moveTo({ row: cell.row + down * rowPool, column: cell.column + across * columnPool });
    },
    toColumn: (column) => moveTo({ ...cell, column }),
    choose: (by) => choose(at + by),
    zoom: (factor) => {
      viewport = zoomed(map, viewport, [cell.row, cell.column], factor);
      draw();
    },
    pin,
    leave: () => {
      bus.hover(null);
      bus.pin(null);
    },
  };
  listenToKeys(matrix.canvas, actions, signal);

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));
  bus.subscribe(() => schedule(), signal);

  const blocks = () => blocksOf(viewport, MOST_ROWS, MOST_COLUMNS);

  /** What of a selection is in the map; null for what it says nothing of. */
  function litOf(selection: SelectionState["hovered"]) {
    return {
      row: litIndex(state, map.rowAxis, selection),
      column: litIndex(state, map.columnAxis, selection),
    };
  }

  function pinnedCell(selection: SelectionState["pinned"]): MapCell | null {
    const { row, column } = litOf(selection);
    const { third } = arrangement;
    const behind = third === null ? null : litIndex(state, state.axes[third] ?? null, selection);
    const isThisMap = behind === null || behind === at;
    if (column === null || !isThisMap || (row === null && map.rowAxis !== null)) return null;
    return { row: row ?? 0, column };
  }

  function draw(): void {
    const { hovered, pinned } = bus.state;
    const drawing = { map, scale, level, cell, blocks: blocks() };
    const lit = litOf(hovered ?? pinned);
    const width = matrix.element.clientWidth - 8;
    matrix.draw({ ...drawing, lit, pinned: pinnedCell(pinned) }, shell.theme, width);
    key.draw(scale, level, poolText(map, drawing.blocks), shell.theme);
    readout.draw(place(), level);
    chooser.draw();
    table.refresh();
  }

  return () => shell.destroy();
}

export default { render } satisfies AfmView;
