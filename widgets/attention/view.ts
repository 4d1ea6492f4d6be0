import { type AfmView, alignedBuffer, type RenderContext } from "../render/afm.ts";
import { askKernel } from "../render/askKernel.ts";
import { button, checkbox, dropdown, segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { litToken, type SelectionState, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { visibleToken } from "../render/visibleToken.ts";
import {
  type AttentionState,
  type Direction,
  headCounts,
  METRIC_LABELS,
  METRIC_MEANINGS,
  METRICS,
  type Metric,
  type ScaleName,
  sortHeads,
} from "./data.ts";
import { createHeadMap } from "./headMap.ts";
import { headStore } from "./headStore.ts";
import { createLegend } from "./legend.ts";
import {
  type Cell,
  type HeadPlace,
  type Looking,
  viewportAround,
  viewportWith,
} from "./looking.ts";
import { createOverview } from "./overview.ts";
import { createReadout } from "./readout.ts";
import { STYLES } from "./styles.ts";
import { createTokenStrip } from "./tokenStrip.ts";

const HELP =
  "Arrows choose a head, Enter opens it, Esc goes back. In a map: arrows move the cell, Enter pins the query, [ ] change the head, Page Up and Page Down the layer, + and − zoom.";

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof AttentionState>(key: K): AttentionState[K] =>
    model.get(key) as AttentionState[K];
  const nLayers = read("nLayers");
  const nHeads = read("nHeads");
  const headsByLayer = read("headsByLayer");
  const tokenTexts = read("tokenTexts");
  const nTokens = tokenTexts.length;
  const bus = selectionBus(read("runId"));
  let metrics = new Float32Array(alignedBuffer(read("metrics")));
  let problem: string | null = null;
  let looking: Looking = {
    scale: "linear",
    hideFirst: false,
    poolKind: "max",
    direction: "from",
    sort: "layer",
    place: { layer: 0, head: 0 },
    isOpen: false,
    viewport: { queryStart: 0, keyStart: 0, span: nTokens },
    cell: null,
  };

  const shell = createShell({
    ...{ el, model },
    title: "Attention",
    subtitle: read("subtitle"),
    description: `${nLayers} layers of ${headCounts(headsByLayer)} over ${nTokens} tokens`,
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const store = headStore({
    ask: askKernel(model, signal),
    nTokens,
    nHeads,
    thumbnailPool: read("thumbnailPool"),
    thumbnails: new Float32Array(alignedBuffer(read("thumbnails"))),
    onArrival: () => schedule(),
  });
  const ask = askKernel(model, signal);

  const overview = createOverview({
    store,
    nTokens,
    nHeads,
    pool: read("thumbnailPool"),
    signal,
    onPoint: (place) => bus.hover(place && { ...place }),
    onOpen: (place) => open(place),
  });
  const map = createHeadMap({
    store,
    tokenTexts,
    signal,
    onPoint: (cell) => pointAt(cell),
    onPin: (cell) => bus.pin({ ...looking.place, token: litBy(cell) }),
  });
  const readout = createReadout(tokenTexts);
  const strip = createTokenStrip({
    tokenTexts,
    signal,
    onPoint: (token) => {
      looking = { ...looking, cell: null };
      bus.hover(token === null ? null : { ...looking.place, token });
    },
    onPin: (token) => bus.pin({ ...looking.place, token }),
  });
  const legend = createLegend();

  const heading = element("strong", {});
  const metricLine = element("span", { class: "vt-muted" });
  const zoomIn = button("+", "Zoom in on the cell (+)", () => zoom(0.5));
  const zoomOut = button("−", "Zoom out (−)", () => zoom(2));
  const zoomed = element("span", { class: "vt-muted" });
  const detail = element(
    "div",
    { class: "vt-detail" },
    element(
      "div",
      { class: "vt-detail-head" },
      button("‹ All heads", "Back to all heads (Esc)", () => close()),
      heading,
      button("‹ head", "Previous head ([)", () => step(0, -1)),
      button("head ›", "Next head (])", () => step(0, 1)),
      button("‹ layer", "Previous layer (Page Up)", () => step(-1, 0)),
      button("layer ›", "Next layer (Page Down)", () => step(1, 0)),
      ...(nTokens > 16 ? [zoomIn, zoomOut, zoomed] : []),
    ),
    metricLine,
    map.element,
  );
  const stage = element("div", { class: "vt-stage" }, overview.element, detail, readout.element);

  const set = (changes: Partial<Looking>): void => {
    looking = { ...looking, ...changes };
    draw();
  };
  const table = dataTable({
    caption: () => {
      const { layer, head } = looking.place;
      const token = litOrLast();
      return `Layer ${layer}, head ${head}: exact weights ${looking.direction === "from" ? "from" : "to"} token ${token} (${visibleToken(tokenTexts[token] ?? "")}); recomputed from the kept queries and keys`;
    },
    columns: () => [
      { label: "position", isNumber: true },
      { label: "token", isNumber: false },
      { label: "weight", isNumber: true },
    ],
    nRows: () => (looking.direction === "from" ? litOrLast() + 1 : nTokens - litOrLast()),
    row: (i) => {
      const position = looking.direction === "from" ? i : litOrLast() + i;
      const weight = litWeights()?.[position];
      return [
        String(position),
        visibleToken(tokenTexts[position] ?? ""),
        weight === undefined ? "…" : exactF32(weight),
      ];
    },
  });
  shell.toolbar.append(
    segmented<ScaleName>(
      "Scale",
      [
        { value: "linear", label: "linear" },
        { value: "log", label: "log" },
        { value: "rank", label: "rank", title: "rank of the key within its query" },
      ],
      looking.scale,
      (scale) => set({ scale }),
    ).element,
    checkbox(
      "Hide first token",
      "Leave out the column of the first token, where many heads park their weight, and scale by the rest",
      false,
      (hideFirst) => set({ hideFirst }),
    ).element,
    ...(read("thumbnailPool") > 1
      ? [
          segmented<"mean" | "max">(
            "Zoomed out",
            [
              { value: "max", label: "max", title: "a cell shows the largest weight of its block" },
              { value: "mean", label: "mean", title: "a cell shows the mean weight of its block" },
            ],
            "max",
            (poolKind) => set({ poolKind }),
          ).element,
        ]
      : []),
    dropdown<Metric | "layer">(
      "Heads by",
      [
        { value: "layer", label: "layer" },
        ...METRICS.map((metric) => ({ value: metric, label: METRIC_LABELS[metric] })),
      ],
      "layer",
      (sort) => sortBy(sort),
    ).element,
    legend.element,
  );
  shell.actions.append(table.toggle);
  const stripHead = element(
    "div",
    { class: "vt-strip-head" },
    segmented<Direction>(
      "Colour tokens by weight",
      [
        { value: "from", label: "from the lit token", title: "what the lit token attends to" },
        { value: "to", label: "to the lit token", title: "which tokens attend to the lit one" },
      ],
      "from",
      (direction) => set({ direction }),
    ).element,
  );
  const note = element("p", { class: "vt-note" }, HELP);
  shell.body.append(stage, stripHead, strip.element, table.element, note);

  function litOrLast(): number {
    return Math.min(nTokens - 1, litToken(bus.state) ?? nTokens - 1);
  }

  /** The token of a cell that lights in all pictures: the one whose weights are shown. */
  function litBy(cell: Cell): number {
    return looking.direction === "from" ? cell.query : cell.key;
  }

  function litWeights(): Float32Array | null {
    return looking.direction === "from"
      ? store.row(looking.place, litOrLast())
      : store.column(looking.place, litOrLast());
  }

  function pointAt(cell: Cell | null): void {
    looking = { ...looking, cell };
    bus.hover(cell && { ...looking.place, token: litBy(cell) });
    draw();
    if (!cell) return;
    const weight = cell.key > cell.query ? null : store.row(looking.place, cell.query)?.[cell.key];
    shell.announce(
      `${visibleToken(tokenTexts[cell.query] ?? "")} to ${visibleToken(tokenTexts[cell.key] ?? "")}: ${
        weight === null ? "masked" : weight === undefined ? "reading" : exactF32(weight)
      }`,
    );
  }

  function open(place: HeadPlace): void {
    set({ place: { layer: place.layer, head: place.head }, isOpen: true, cell: null });
    map.canvas.focus({ preventScroll: true });
    shell.announce(`Layer ${place.layer}, head ${place.head}`);
  }

  function close(): void {
    set({ isOpen: false, cell: null });
    bus.hover(null);
    overview.canvas.focus({ preventScroll: true });
  }

  function step(dLayer: number, dHead: number): void {
    const layer = Math.min(nLayers - 1, Math.max(0, looking.place.layer + dLayer));
    const head = Math.min((headsByLayer[layer] ?? 1) - 1, Math.max(0, looking.place.head + dHead));
    set({ place: { layer, head } });
    shell.announce(`Layer ${layer}, head ${head}`);
  }

  function zoom(factor: number): void {
    const { viewport, cell } = looking;
    const middle = {
      query: viewport.queryStart + viewport.span / 2,
      key: viewport.keyStart + viewport.span / 2,
    };
    set({ viewport: viewportAround(cell ?? middle, Math.round(viewport.span * factor), nTokens) });
  }

  function sortBy(sort: Metric | "layer"): void {
    problem = null;
    set({ sort });
    if (sort === "layer" || metrics.length > 0) return;
    ask("metrics", {})
      .then(({ buffers }) => {
        metrics = new Float32Array(buffers[0] ?? new ArrayBuffer(0));
      })
      .catch((reason: unknown) => {
        problem = reason instanceof Error ? reason.message : String(reason);
      })
      .finally(() => schedule());
  }

  overview.canvas.addEventListener(
    "keydown",
    (e) => {
      const moves: Readonly<Record<string, [number, number]>> = {
        ArrowLeft: [-1, 0],
        ArrowRight: [1, 0],
        ArrowUp: [0, -1],
        ArrowDown: [0, 1],
      };
      const move = moves[e.key];
      if (move) {
        const place = overview.neighbour(looking.place, ...move);
        set({ place });
        bus.hover({ ...place });
        shell.announce(`Layer ${place.layer}, head ${place.head}`);
      } else if (e.key === "Enter") open(looking.place);
      else if (e.key === "Escape") {
        if (looking.isOpen) close();
        else {
          bus.hover(null);
          bus.pin(null);
        }
      } else return;
      e.preventDefault();
    },
    { signal },
  );
  map.canvas.addEventListener(
    "keydown",
    (e) => {
      if (!onMapKey(e)) return;
      e.preventDefault();
    },
    { signal },
  );
  strip.element.addEventListener(
    "keydown",
    (e) => {
      if (e.key !== "Escape") return;
      bus.hover(null);
      bus.pin(null);
    },
    { signal },
  );

  function onMapKey(e: KeyboardEvent): boolean {
    const arrows: Readonly<Record<string, [number, number]>> = {
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
    };
    const move = arrows[e.key];
    if (move && e.shiftKey) step(move[0], move[1]);
    else if (move) {
      const from = looking.cell ?? { query: litOrLast() - move[0], key: litOrLast() - move[1] };
      const inside = (at: number): number => Math.min(nTokens - 1, Math.max(0, at));
      const cell = { query: inside(from.query + move[0]), key: inside(from.key + move[1]) };
      looking = { ...looking, viewport: viewportWith(cell, looking.viewport) };
      pointAt(cell);
    } else if (e.key === "[") step(0, -1);
    else if (e.key === "]") step(0, 1);
    else if (e.key === "PageUp") step(-1, 0);
    else if (e.key === "PageDown") step(1, 0);
    else if (e.key === "+" || e.key === "=") zoom(0.5);
    else if (e.key === "-") zoom(2);
    else if (e.key === "Enter") bus.pin({ ...looking.place, token: litOrLast() });
    else if (e.key === "Escape") {
      if (bus.state.pinned) bus.pin(null);
      else close();
    } else return false;
    return true;
  }

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));

  bus.subscribe((state) => {
    const { cell } = looking;
    if (cell && state.hovered?.token !== litBy(cell)) looking = { ...looking, cell: null };
    schedule();
  }, signal);

  function draw(): void {
    const { isOpen, place, viewport } = looking;
    const state: SelectionState = bus.state;
    stage.dataset.open = String(isOpen);
    detail.hidden = !isOpen;
    readout.element.hidden = !isOpen;
    const heads = sortHeads(headsByLayer, metrics, metrics.length > 0 ? looking.sort : "layer");
    const order = { ...looking, sort: metrics.length > 0 ? looking.sort : ("layer" as const) };
    const lit = state.hovered ?? state.pinned;
    const litHead =
      lit && lit.layer !== null && lit.head !== null ? { layer: lit.layer, head: lit.head } : null;
    if (overview.element.offsetParent)
      overview.draw(heads, order, shell.theme, overview.element.clientWidth - 6, litHead);
    if (isOpen) {
      heading.textContent = `Layer ${place.layer} · Head ${place.head}`;
      metricLine.textContent = metricText(place);
      metricLine.hidden = metrics.length === 0;
      zoomed.textContent =
        viewport.span < nTokens
          ? `queries ${viewport.queryStart}–${viewport.queryStart + viewport.span - 1}`
          : "";
      map.draw(looking, shell.theme, detail.clientWidth, overview.max, litToken(state));
      readout.draw(litOrLast(), looking.direction, litWeights(), looking.hideFirst, store.error);
    }
    legend.draw(looking, overview.max, shell.theme);
    strip.draw(
      {
        token: litOrLast(),
        isPinned: state.pinned?.token === litOrLast(),
        direction: looking.direction,
        weights: isOpen ? litWeights() : null,
        scale: looking.scale,
        hideFirst: looking.hideFirst,
        max: overview.max,
      },
      shell.theme,
    );
    stripHead.hidden = !isOpen;
    const said = problem ?? store.error;
    note.textContent = said ?? HELP;
    note.classList.toggle("vt-warning", said !== null);
    table.refresh();
  }

  function metricText({ layer, head }: HeadPlace): string {
    if (metrics.length === 0) return "";
    const at = (layer * nHeads + head) * METRICS.length;
    const parts = METRICS.flatMap((metric, i) => {
      const value = metrics[at + i] ?? Number.NaN;
      if (Number.isNaN(value)) return [];
      return [`${METRIC_LABELS[metric]} ${value.toFixed(2)}${metric === "entropy" ? " bits" : ""}`];
    });
    metricLine.title = METRICS.map((m) => `${METRIC_LABELS[m]}: ${METRIC_MEANINGS[m]}`).join("\n");
    return parts.join(" · ");
  }

  return () => shell.destroy();
}

export default { render } satisfies AfmView;
