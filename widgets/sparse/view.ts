import type { AfmView, RenderContext } from "../render/afm.ts";
import { askKernel } from "../render/askKernel.ts";
import { element } from "../render/element.ts";
import { percent } from "../render/formatNumber.ts";
import { litToken, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { visibleToken } from "../render/visibleToken.ts";
import type { SparseState } from "./data.ts";
import { createLengthPanel } from "./lengthPanel.ts";
import { viewportWith, wholeViewport, windowOf, zoomed } from "./looking.ts";
import { createMassTable } from "./massTable.ts";
import { createPlaceControls, type Look } from "./placeControls.ts";
import { createReadout } from "./readout.ts";
import { createScaleKey } from "./scaleKey.ts";
import { type Cell, createSelectionMatrix } from "./selectionMatrix.ts";
import { sparseStore } from "./store.ts";
import { STYLES } from "./styles.ts";

/** Queries of a picture whose cells have room for a mark. */
const MOST_MARKED = 64;

const HELP =
  "A row is a query, a column a key. Bars: the attention that dropped keys would have had in the head, of several queries the most; the tick is the mean of all heads. Arrows move the cell, Home and End go to the first key and to the query itself, plus and minus zoom, [ and ] change the head, Page Up and Page Down the layer, Enter pins the query, Esc clears.";

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof SparseState>(key: K): SparseState[K] =>
    model.get(key) as SparseState[K];
  const [layers, tokenTexts, refusal, lengths] = [
    ...([read("layers"), read("tokenTexts")] as const),
    ...([read("refusal"), read("lengths")] as const),
  ];
  const nTokens = tokenTexts.length;
  const shell = createShell({
    ...{ el, model },
    picture: "sparse",
    title: "Sparse attention",
    subtitle: read("subtitle"),
    description: `keys that ${nTokens} queries kept in ${layers.length} layers`,
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const [first] = layers;
  if (first === undefined) {
    shell.body.append(element("p", {}, refusal));
    return () => shell.destroy();
  }
  const bus = selectionBus(read("runId"));
  let look: Look = { place: { layer: first.layer, head: 0 }, kind: "kept", scale: "linear" };
  let viewport = wholeViewport(nTokens);
  let key = 0;

  const store = sparseStore(askKernel({ model, el }, signal), () => schedule());
  const controls = createPlaceControls(layers, look, (change) => go(change));
  shell.toolbar.append(...controls.elements);
  const matrix = createSelectionMatrix({
    tokenTexts,
    signal,
    onPoint: (cell) => {
      if (cell) key = cell.key;
      bus.hover(cell && selectionAt(cell.query));
      schedule();
    },
    onPin: (cell) => {
      key = cell.key;
      bus.pin(selectionAt(cell.query));
      schedule();
    },
  });
  const scaleKey = createScaleKey();
  const readout = createReadout();
  const table = createMassTable(tokenTexts, () => ({
    place: look.place,
    mass: store.mass(look.place),
  }));
  shell.actions.append(table.toggle);
  const note = element("p", { class: "vt-note" });
  const panel = lengths && createLengthPanel(lengths, signal, shell.announce);
  shell.body.append(
    element(
      "div",
      { class: "vt-sparse" },
      element("div", {}, matrix.element, scaleKey.element),
      readout.element,
    ),
    note,
    table.element,
    panel?.element ?? element("span", {}),
  );

  const selectionAt = (token: number) => ({ token, ...look.place });

  function clear(): void {
    bus.hover(null);
    bus.pin(null);
  }

  function go(change: Partial<Look["place"]> | Partial<Omit<Look, "place">>): void {
    const place = { ...look.place, ...("layer" in change || "head" in change ? change : {}) };
    const layer = layers.find((each) => each.layer === place.layer) ?? first;
    if (layer === undefined) return;
    const head = Math.max(0, Math.min(layer.nHeads - 1, place.head));
    look = {
      ...look,
      ...("kind" in change || "scale" in change ? change : {}),
      place: { layer: layer.layer, head },
    };
    shell.announce(`Layer ${layer.layer}, head ${head}`);
    draw();
  }

  function toLayer(by: number): void {
    const at = layers.findIndex(({ layer }) => layer === look.place.layer) + by;
    const next = layers[Math.max(0, Math.min(layers.length - 1, at))];
    if (next) go({ layer: next.layer });
  }

  function moveTo(cell: Cell): void {
    key = cell.key;
    viewport = viewportWith(viewport, cell.query, key);
    bus.hover(selectionAt(cell.query));
    draw();
    const row = store.row(look.place, cell.query);
    const dropped = store.mass(look.place)?.head[cell.query];
    const verdict = row === null ? "reading" : row.kept[key] === 1 ? "kept" : "dropped";
    shell.announce(
      `Query ${visibleToken(tokenTexts[cell.query] ?? "")}, key ${key} ${visibleToken(tokenTexts[key] ?? "")}: ${verdict}; dropped mass ${dropped === undefined ? "reading" : percent(dropped)}`,
    );
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
    const query = Math.min(lit ?? nTokens - 1, nTokens - 1);
    const by = MOVES[pressed];
    if (by !== undefined) {
      const [rows, columns] = lit === null ? [0, 0] : by;
      const to = Math.max(0, Math.min(nTokens - 1, query + rows));
      moveTo({ query: to, key: Math.max(0, Math.min(to, key + columns)) });
    } else if (pressed === "[") go({ head: look.place.head - 1 });
    else if (pressed === "]") go({ head: look.place.head + 1 });
    else if (pressed === "PageUp") toLayer(-1);
    else if (pressed === "PageDown") toLayer(1);
    else if (pressed === "+" || pressed === "=" || pressed === "-") {
      viewport = zoomed(viewport, pressed === "-" ? 2 : 0.5, { query, key }, nTokens);
      draw();
    } else if (pressed === "Enter" && lit !== null) bus.pin(selectionAt(query));
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
    if (first === undefined) return;
    const { place, kind, scale } = look;
    const lit = litToken(bus.state);
    const query = lit === null || lit >= nTokens ? null : lit;
    const tile = store.tile(place, kind, windowOf(viewport));
    const isMarked = kind !== "kept" && viewport.rowCount <= MOST_MARKED;
    const kept = isMarked ? store.tile(place, "kept", windowOf(viewport)) : null;
    const mass = store.mass(place);
    controls.draw(look);
    matrix.draw(
      {
        ...{ tile, kept, scale, mass, litQuery: query, key },
        instead: store.error ?? "reading the numbers…",
        pinnedQuery: bus.state.pinned?.token ?? null,
      },
      shell.theme,
      matrix.element.clientWidth - 6,
    );
    scaleKey.draw(tile, scale, shell.theme, kept !== null);
    const shown = query === null ? key : Math.min(key, query);
    readout.draw({
      ...{ place, tokenTexts, query, mass, key: shown },
      row: query === null ? null : store.row(place, query),
    });
    note.textContent = store.error ?? HELP;
    note.classList.toggle("vt-warning", store.error !== null);
    table.refresh();
    panel?.draw();
  }

  return () => shell.destroy();
}

const MOVES: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -1e9],
  End: [0, 1e9],
};

export default { render } satisfies AfmView;
