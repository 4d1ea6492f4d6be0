import { createCachePanel } from "../cost/cache/cachePanel.ts";
import type { AfmView, RenderContext } from "../render/afm.ts";
import { askKernel } from "../render/askKernel.ts";
import { segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { litToken, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { createCacheMatrix, type MatrixCell } from "./cacheMatrix.ts";
import {
  growthText,
  type LatentState,
  type MatrixPlace,
  matrixName,
  type PoolKind,
  pictureTitle,
  type ScaleName,
} from "./data.ts";
import { deriveTile } from "./deriveTile.ts";
import { createGrowth } from "./growth.ts";
import { partAt, placeIn, viewportWith, wholeViewport, windowOf, zoomed } from "./looking.ts";
import { type MatrixTile, matrixStore } from "./matrixStore.ts";
import { numbersTable } from "./numbersTable.ts";
import { createPlaceControls } from "./placeControls.ts";
import { createReadout } from "./readout.ts";
import { createScaleKey } from "./scaleKey.ts";
import { STYLES } from "./styles.ts";

const HELP =
  "A row is a token, blue is below zero and red above. Arrows move the cell, Home and End go to the ends of its row, plus and minus zoom, [ and ] change the head, Page Up and Page Down the layer, Enter pins the token, Esc clears.";

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof LatentState>(key: K): LatentState[K] =>
    model.get(key) as LatentState[K];
  const [layers, bytes, tokenTexts] = [read("layers"), read("bytes"), read("tokenTexts")];
  const nTokens = tokenTexts.length;
  const bus = selectionBus(read("runId"));
  let place = placeIn(layers, { layer: 0, part: "latent", head: 0 });
  let viewport = wholeViewport(nTokens, partAt(layers, place).nColumns);
  let column = 0;
  let scale: ScaleName = "linear";
  let poolKind: PoolKind = "farthest";

  const title = pictureTitle(layers);
  const shell = createShell({
    ...{ el, model },
    picture: "latent",
    title,
    subtitle: read("subtitle"),
    description: `numbers that ${nTokens} tokens left in ${layers.length} layers`,
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const store = matrixStore(askKernel({ model, el }, signal, deriveTile), () => schedule());

  const controls = createPlaceControls(layers, place, (change) => go(change));
  const pooling = segmented<PoolKind>(
    "Zoomed out",
    [
      {
        value: "farthest",
        label: "farthest from 0",
        title: "a cell shows the number of its block that is farthest from 0",
      },
      { value: "mean", label: "mean", title: "a cell shows the mean of its block" },
    ],
    poolKind,
    (value) => {
      poolKind = value;
      draw();
    },
  );
  shell.toolbar.append(
    controls.element,
    segmented<ScaleName>(
      "Scale",
      [
        { value: "linear", label: "linear", title: "full colour is the largest |x| of the matrix" },
        { value: "rank", label: "rank", title: "colour is the rank of |x| among what is drawn" },
      ],
      scale,
      (value) => {
        scale = value;
        draw();
      },
    ).element,
    pooling.element,
  );
  const growth = createGrowth({
    nTokens,
    signal,
    says: (nShown) => growthText(bytes, nShown, nTokens),
    onChange: (nShown) => {
      bus.hover({ token: nShown - 1, layer: place.layer });
      schedule();
    },
  });
  const matrix = createCacheMatrix({
    tokenTexts,
    signal,
    onPoint: (cell) => {
      if (cell) column = cell.column;
      bus.hover(cell && selectionAt(cell.row));
      schedule();
    },
    onPin: (cell) => {
      column = cell.column;
      bus.pin(selectionAt(cell.row));
      schedule();
    },
  });
  const key = createScaleKey();
  const readout = createReadout();
  const table = numbersTable({
    store,
    tokenTexts,
    at: () => ({ place, part: partAt(layers, place), column }),
  });
  shell.actions.append(table.toggle);
  const cache =
    "refusal" in bytes
      ? null
      : createCachePanel({
          ...{ totals: bytes, nTokens, contextLength: read("contextLength"), tokenTexts, signal },
          announce: shell.announce,
          tokens: {
            lit: () => litToken(bus.state),
            pinned: () => bus.state.pinned?.token ?? null,
            hover: (token) => bus.hover(token === null ? null : { token }),
            pin: (token) => bus.pin({ token }),
            clear,
          },
        });
  const note = element("p", { class: "vt-note" });
  shell.body.append(
    growth.element,
    element(
      "div",
      { class: "vt-latent" },
      element("div", {}, matrix.element, key.element),
      readout.element,
    ),
    note,
    table.element,
    element(
      "div",
      { class: "vt-latent-bytes" },
      element("h4", {}, "Bytes beside other forms of attention"),
      cache?.element ??
        element("p", { class: "vt-warning" }, "refusal" in bytes ? bytes.refusal : ""),
    ),
  );

  function selectionAt(token: number) {
    // Key heads that queries share are no heads of the run's other pictures.
    const isMla = layers[place.layer]?.kind === "mla";
    const hasHead = isMla && partAt(layers, place).nHeads > 0;
    return { token, layer: place.layer, ...(hasHead && { head: place.head }) };
  }

  function clear(): void {
    bus.hover(null);
    bus.pin(null);
  }

  function go(change: Partial<MatrixPlace>): void {
    const before = partAt(layers, place).nColumns;
    place = placeIn(layers, { ...place, ...change });
    const { nColumns } = partAt(layers, place);
    if (nColumns !== before) viewport = wholeViewport(nTokens, nColumns);
    column = Math.min(column, nColumns - 1);
    shell.announce(`Layer ${place.layer}, ${matrixName(partAt(layers, place), place.head)}`);
    draw();
  }

  function moveTo({ row, column: to }: MatrixCell): void {
    column = to;
    viewport = viewportWith(viewport, row, column);
    bus.hover(selectionAt(row));
    draw();
    const number = rowOf(row)?.[column];
    shell.announce(
      `${visibleToken(tokenTexts[row] ?? "")}, column ${column}: ${number === undefined ? "reading" : exactF32(number)}`,
    );
  }

  /** A token's whole row, from the picture where that has every number, else asked for. */
  function rowOf(row: number): Float32Array | null {
    const { nColumns } = partAt(layers, place);
    const shown = windowOf(viewport);
    const isWhole = shown.rowPool === 1 && shown.columnPool === 1 && shown.columnCount === nColumns;
    if (isWhole && row >= shown.rowStart && row < shown.rowStart + shown.rowCount) {
      const from = (row - shown.rowStart) * nColumns;
      const tile = store.tile(place, shown, poolKind);
      return tile?.coarser === null ? tile.cells.subarray(from, from + nColumns) : null;
    }
    const window = { rowStart: row, rowCount: 1, columnStart: 0, columnCount: nColumns };
    return store.tile(place, { ...window, rowPool: 1, columnPool: 1 }, poolKind)?.cells ?? null;
  }

  matrix.canvas.addEventListener(
    "keydown",
    (e) => {
      if (onKey(e.key)) e.preventDefault();
    },
    { signal },
  );

  function onKey(pressed: string): boolean {
    const lit = litToken(bus.state);
    const { nColumns } = partAt(layers, place);
    const row = Math.min(lit ?? 0, nTokens - 1);
    const by = MOVES[pressed];
    if (by !== undefined) {
      const [rows, columns] = lit === null ? [0, 0] : by;
      moveTo({
        row: Math.max(0, Math.min(growth.nShown - 1, row + rows)),
        column: Math.max(0, Math.min(nColumns - 1, column + columns)),
      });
    } else if (pressed === "[") go({ head: place.head - 1 });
    else if (pressed === "]") go({ head: place.head + 1 });
    else if (pressed === "PageUp") go({ layer: place.layer - 1 });
    else if (pressed === "PageDown") go({ layer: place.layer + 1 });
    else if (pressed === "+" || pressed === "=" || pressed === "-") {
      const factor = pressed === "-" ? 2 : 0.5;
      viewport = zoomed(viewport, factor, { row, column }, nTokens, nColumns);
      draw();
    } else if (pressed === "Enter" && lit !== null) bus.pin(selectionAt(row));
    else if (pressed === "Escape") clear();
    else return false;
    return true;
  }

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));
  bus.subscribe(() => schedule(), signal);

  function draw(): void {
    const part = partAt(layers, place);
    const lit = litToken(bus.state);
    const window = windowOf(viewport);
    const tile = store.tile(place, window, poolKind);
    const { nShown } = growth;
    controls.draw(place);
    pooling.element.hidden = window.rowPool === 1 && window.columnPool === 1;
    matrix.draw(
      {
        ...{ tile, scale, nShown, column, litRow: lit, rotaryFrom: part.rotaryFrom },
        instead: store.error ?? "reading the numbers…",
        pinnedRow: bus.state.pinned?.token ?? null,
      },
      shell.theme,
      matrix.element.clientWidth - 6,
    );
    key.draw(tile, scale, poolKind, shell.theme);
    const token = lit === null || lit >= nTokens ? null : lit;
    readout.draw({
      ...{ part, layer: place.layer, head: place.head, nShown, column },
      token: token === null ? null : { index: token, text: tokenTexts[token] ?? "" },
      row: token === null || token >= nShown ? null : rowOf(token),
      instead: store.error === null ? "reading…" : "not in this file",
    });
    cache?.draw();
    const coarser = tile?.coarser && coarserText(tile.coarser);
    note.textContent = store.error ?? coarser ?? HELP;
    note.classList.toggle("vt-warning", store.error !== null || coarser != null);
    table.refresh();
  }

  return () => shell.destroy();
}

const coarserText = ({ rowPool, columnPool }: NonNullable<MatrixTile["coarser"]>): string =>
  `Coarser than asked for: a cell stands for ${rowPool} tokens by ${columnPool} numbers, the finest that this file holds. Run the cell again to look closer.`;

const MOVES: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -1e9],
  End: [0, 1e9],
};

export default { render } satisfies AfmView;
