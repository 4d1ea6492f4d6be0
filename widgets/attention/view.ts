import { type AfmView, alignedBuffer, type RenderContext } from "../render/afm.ts";
import { askKernel } from "../render/askKernel.ts";
import { button, dropdown, segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { litToken, type SelectionState, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { arrangeHeads } from "./arrangeHeads.ts";
import { createBands } from "./bands.ts";
import {
  type AttentionState,
  type Direction,
  headCounts,
  MANY_HEADS,
  METRIC_LABELS,
  METRIC_MEANINGS,
  METRICS,
  type ScaleName,
} from "./data.ts";
import { headControls } from "./headControls.ts";
import { createHeadMap } from "./headMap.ts";
import { headStore, type MapName } from "./headStore.ts";
import { createHeadTable } from "./headTable.ts";
import { createLegend } from "./legend.ts";
import { levelOf } from "./levels.ts";
import {
  type Cell,
  type HeadPlace,
  type Looking,
  viewportAround,
  viewportMoved,
  viewportWith,
  viewportZoomed,
} from "./looking.ts";
import { createMetricLoader } from "./metricLoader.ts";
import { createOverview } from "./overview.ts";
import { createProgress, mapProgress, mapTitle } from "./progress.ts";
import { createReadout } from "./readout.ts";
import { STYLES } from "./styles.ts";
import { createTokenStrip } from "./tokenStrip.ts";
import { whenChanged } from "./whenChanged.ts";

const HELP =
  "Arrows choose a head, Enter opens it, Esc goes back. In a map: arrows move the cell, Enter pins the query, [ ] change the head, Page Up and Page Down the layer, + and − zoom, a drag moves the map, and the wheel zooms once the map was clicked.";

/** First tokens that can be hidden: where heads park weight that goes nowhere. */
const SINKS = [0, 1, 2, 4] as const;

/** Of longer texts most weights are too small for a linear scale. */
const LINEAR_TOKENS = 512;

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof AttentionState>(key: K): AttentionState[K] =>
    model.get(key) as AttentionState[K];
  const nLayers = read("nLayers");
  const nHeads = read("nHeads");
  const headsByLayer = read("headsByLayer");
  const tokenTexts = read("tokenTexts");
  const nTokens = tokenTexts.length;
  const bus = selectionBus(read("runId"));
  /** Heads of whose maps one is the mean. */
  const nMeaned = ({ place, over }: MapName): number => {
    if (over === "head") return 1;
    if (over === "heads") return headsByLayer[place.layer] ?? 1;
    return headsByLayer.reduce((sum, count) => sum + (over === "all" ? count : 1), 0);
  };
  const known = new Float32Array(alignedBuffer(read("metrics")));
  const metrics = createMetricLoader({
    nLayers,
    nHeads,
    known,
    ask: (layer) => ask("metrics", { layer }),
    onArrival: () => schedule(),
  });
  let looking: Looking = {
    scale: nTokens > LINEAR_TOKENS ? "log" : "linear",
    nHidden: 0,
    poolKind: "max",
    direction: "from",
    sort: "layer",
    headsAs: nLayers * nHeads > MANY_HEADS ? "metric" : "maps",
    metric: "previous",
    atLeast: 0,
    group: "none",
    over: "head",
    hasSums: false,
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
  const ask = askKernel(model, signal);
  const store = headStore({
    ask,
    nTokens,
    nHeads,
    thumbnailPool: read("thumbnailPool"),
    thumbnails: new Float32Array(alignedBuffer(read("thumbnails"))),
    nMeaned,
    onArrival: () => schedule(),
  });

  const overview = createOverview({
    store,
    nTokens,
    nLayers,
    nHeads,
    pool: read("thumbnailPool"),
    signal,
    onPoint: (place) => bus.hover(place && { ...place }),
    onOpen: (place) => open(place),
  });
  const map = createHeadMap({
    store,
    tokenTexts,
    nMeaned,
    signal,
    onPan: (queries, keys) =>
      set({ viewport: viewportMoved(looking.viewport, queries, keys, nTokens), cell: null }),
    onZoom: (at, factor) =>
      set({ viewport: viewportZoomed(looking.viewport, at, factor, nTokens), cell: null }),
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
  const bands = createBands({
    tokenTexts,
    signal,
    onPoint: (token) => {
      looking = { ...looking, cell: null };
      bus.hover({ ...looking.place, token });
    },
    onPin: (token) => bus.pin({ ...looking.place, token }),
  });
  const [isNewReadout, areNewBands, isNewStrip] = [whenChanged(), whenChanged(), whenChanged()];
  const legend = createLegend();
  const progress = createProgress();

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
    progress.element,
    map.element,
  );
  const stage = element("div", { class: "vt-stage" }, overview.element, detail, readout.element);

  const set = (changes: Partial<Looking>): void => {
    looking = { ...looking, ...changes };
    draw();
  };
  const headTable = createHeadTable(headsByLayer, metrics);
  const table = dataTable({
    caption: () => {
      if (!looking.isOpen) return "All heads: means over queries of what rows of their maps say";
      const token = litOrLast();
      return `${mapTitle(looking.place, looking.over)}: exact weights ${looking.direction === "from" ? "from" : "to"} token ${token} (${visibleToken(tokenTexts[token] ?? "")}); recomputed from the kept queries and keys`;
    },
    columns: () =>
      looking.isOpen
        ? [
            { label: "position", isNumber: true },
            { label: "token", isNumber: false },
            { label: "weight", isNumber: true },
          ]
        : headTable.columns,
    nRows: () =>
      !looking.isOpen
        ? headTable.nRows
        : looking.direction === "from"
          ? litOrLast() + 1
          : nTokens - litOrLast(),
    row: (i) => {
      if (!looking.isOpen) return headTable.row(i);
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
    dropdown<string>(
      "First tokens",
      SINKS.map((n) => ({
        value: String(n),
        label: n === 0 ? "shown" : n === 1 ? "1 hidden" : `${n} hidden`,
      })),
      "0",
      (n) => set({ nHidden: Math.min(Number(n), nTokens - 1) }),
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
    ...headControls(looking, {
      set,
      measure: () => metrics.start(),
    }),
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
  const measuring = createProgress();
  const status = element("div", {}, measuring.element);
  shell.body.append(status, stage, bands.element, stripHead, strip.element, table.element, note);

  function litOrLast(): number {
    return Math.min(nTokens - 1, litToken(bus.state) ?? nTokens - 1);
  }

  /** The token of a cell that lights in all pictures: the one whose weights are shown. */
  function litBy(cell: Cell): number {
    return looking.direction === "from" ? cell.query : cell.key;
  }

  function litWeights(): Float32Array | null {
    return looking.direction === "from"
      ? store.row(looking, litOrLast())
      : store.column(looking, litOrLast());
  }

  function pointAt(cell: Cell | null): void {
    looking = { ...looking, cell };
    bus.hover(cell && { ...looking.place, token: litBy(cell) });
    draw();
    if (!cell) return;
    const weight = cell.key > cell.query ? null : store.row(looking, cell.query)?.[cell.key];
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
        shell.announce(overview.describe(place));
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

  /** Tokens on a side of a cell of the map as it is drawn. */
  function cellTokens(): number {
    return levelOf(looking.viewport, nTokens, nMeaned(looking), looking.nHidden).pool;
  }

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
      const by = cellTokens();
      const from = looking.cell ?? {
        query: litOrLast() - by * move[0],
        key: litOrLast() - by * move[1],
      };
      const inside = (at: number): number => Math.min(nTokens - 1, Math.max(0, at));
      const cell = {
        query: inside(from.query + by * move[0]),
        key: inside(from.key + by * move[1]),
      };
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
    store.begin();
    stage.dataset.open = String(isOpen);
    detail.hidden = !isOpen;
    readout.element.hidden = !isOpen;
    bands.element.hidden = !isOpen;
    let max = overview.max;
    if (isOpen) {
      heading.textContent = mapTitle(place, looking.over);
      metricLine.textContent = looking.over === "head" ? metricText(place) : "";
      metricLine.hidden = metricLine.textContent === "";
      zoomed.textContent =
        viewport.span < nTokens
          ? `queries ${viewport.queryStart}–${viewport.queryStart + viewport.span - 1}`
          : "";
      const weights = litWeights();
      const drawn = map.draw(looking, shell.theme, detail.clientWidth, litToken(state));
      max = drawn.max;
      progress.draw(...mapProgress(drawn, looking.poolKind));
      if (isNewReadout(litOrLast(), looking.direction, weights, looking.nHidden, store.error))
        readout.draw(litOrLast(), looking.direction, weights, looking.nHidden, store.error);
      const band = {
        ...{ token: litOrLast(), scale: looking.scale, nHidden: looking.nHidden },
        from: store.row(looking, litOrLast()),
        to: store.column(looking, litOrLast()),
      };
      const bandWidth = bands.element.clientWidth;
      if (areNewBands(...Object.values(band), shell.theme, bandWidth))
        bands.draw(band, shell.theme, bandWidth);
    }
    drawOverview(state);
    store.end();
    if (!isOpen) max = overview.max;
    legend.draw(looking, max, shell.theme);
    const stripPicture = {
      token: litOrLast(),
      isPinned: state.pinned?.token === litOrLast(),
      direction: looking.direction,
      weights: isOpen ? litWeights() : null,
      scale: looking.scale,
      nHidden: looking.nHidden,
      max,
    };
    if (isNewStrip(...Object.values(stripPicture), shell.theme))
      strip.draw(stripPicture, shell.theme);
    stripHead.hidden = !isOpen;
    const said = metrics.error ?? store.error;
    note.textContent = said ?? HELP;
    note.classList.toggle("vt-warning", said !== null);
    table.refresh();
  }

  function drawOverview(state: SelectionState): void {
    if (looking.headsAs === "metric") metrics.start();
    measuring.draw(...metrics.progress(nTokens, read("metricStep")));
    const isKnown = metrics.nKnown > 0;
    const order = isKnown
      ? looking
      : { ...looking, sort: "layer" as const, group: "none" as const, atLeast: 0 };
    const groups = arrangeHeads(headsByLayer, metrics.values, order);
    const lit = state.hovered ?? state.pinned;
    const litHead =
      lit && lit.layer !== null && lit.head !== null ? { layer: lit.layer, head: lit.head } : null;
    if (overview.element.offsetParent)
      overview.draw(groups, order, shell.theme, overview.element.clientWidth - 6, litHead);
  }

  function metricText({ layer, head }: HeadPlace): string {
    const at = (layer * nHeads + head) * METRICS.length;
    const parts = METRICS.flatMap((metric, i) => {
      const value = metrics.values[at + i] ?? Number.NaN;
      if (Number.isNaN(value)) return [];
      return [`${METRIC_LABELS[metric]} ${value.toFixed(2)}${metric === "entropy" ? " bits" : ""}`];
    });
    metricLine.title = METRICS.map((m) => `${METRIC_LABELS[m]}: ${METRIC_MEANINGS[m]}`).join("\n");
    return parts.join(" · ");
  }

  return () => shell.destroy();
}

export default { render } satisfies AfmView;
