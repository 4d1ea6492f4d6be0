import { type AfmView, alignedBuffer, type RenderContext } from "../render/afm.ts";
import { askKernel } from "../render/askKernel.ts";
import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { litToken, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { type AttentionState, headCounts, METRICS } from "./data.ts";
import { deriveWeights } from "./deriveWeights.ts";
import { createDetail } from "./detail.ts";
import { headControls } from "./headControls.ts";
import { createHeadMap } from "./headMap.ts";
import { headStore, type MapName } from "./headStore.ts";
import { createHeadsPanel } from "./headsPanel.ts";
import { HELP, listenToMapKeys, listenToOverviewKeys } from "./keys.ts";
import { createLegend } from "./legend.ts";
import { levelOf } from "./levels.ts";
import {
  type Cell,
  cellMoved,
  type HeadPlace,
  initialLooking,
  type Looking,
  type MetricsOf,
  meanedHeads,
  viewportAround,
  viewportMoved,
  viewportWith,
  viewportZoomed,
} from "./looking.ts";
import { chosenLoader, createMetricLoader } from "./metricLoader.ts";
import { createNumbersTable } from "./numbersTable.ts";
import { createProgress, mapProgress } from "./progress.ts";
import { createReadout } from "./readout.ts";
import { scaleControls } from "./scaleControls.ts";
import { STYLES } from "./styles.ts";
import { createTextPanel } from "./textPanel.ts";
import { whenChanged } from "./whenChanged.ts";

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof AttentionState>(key: K): AttentionState[K] =>
    model.get(key) as AttentionState[K];
  const nLayers = read("nLayers");
  const nHeads = read("nHeads");
  const headsByLayer = read("headsByLayer");
  const tokenTexts = read("tokenTexts");
  const nTokens = tokenTexts.length;
  const bus = selectionBus(read("runId"));
  const nMeaned = (name: MapName): number => meanedHeads(name, headsByLayer);
  const loaderOf = (of: MetricsOf) =>
    createMetricLoader({
      headsByLayer,
      known: new Float32Array(alignedBuffer(of === "run" ? read("metrics") : null)),
      ask: (layer) => ask("metrics", of === "run" ? { layer } : { layer, of }),
      onArrival: () => schedule(),
    });
  const loaders = { run: loaderOf("run"), runs: loaderOf("runs") };
  let looking = initialLooking(nTokens, nLayers * nHeads);
  const metrics = chosenLoader(() => loaders[looking.metricsOf]);

  const shell = createShell({
    ...{ el, model },
    picture: "attention",
    title: "Attention",
    subtitle: read("subtitle"),
    description: `${nLayers} layers of ${headCounts(headsByLayer)} over ${nTokens} tokens`,
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const ask = askKernel({ model, el }, signal, deriveWeights);
  const store = headStore({
    ask,
    nTokens,
    nHeads,
    thumbnailPool: read("thumbnailPool"),
    thumbnails: new Float32Array(alignedBuffer(read("thumbnails"))),
    nMeaned,
    onArrival: () => schedule(),
  });

  const nRuns = read("nRuns");
  const heads = createHeadsPanel({
    ...{ store, nTokens, nLayers, nHeads, headsByLayer, metrics, nRuns, signal },
    pool: read("thumbnailPool"),
    set: (changes) => set(changes),
    onPoint: (selection) => bus.hover(selection),
    onOpen: (place) => open(place),
    onLeave: () => (looking.isOpen ? close() : letGo()),
  });
  const { overview } = heads;
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
  const isNewReadout = whenChanged();
  const legend = createLegend();
  const progress = createProgress();

  const detail = createDetail({
    ...{ nTokens, close, step, zoom },
    parts: [progress.element, map.element],
  });
  const stages = [heads.element, detail.element, readout.element];
  const stage = element("div", { class: "vt-stage" }, ...stages);

  const set = (changes: Partial<Looking>): void => {
    looking = { ...looking, ...changes };
    draw();
  };
  const table = createNumbersTable({
    ...{ tokenTexts, headsByLayer, metrics, litWeights },
    looking: () => looking,
    litToken: litOrLast,
  });
  const controls = headControls(looking, { set, measure: () => metrics.start(), nRuns });
  shell.toolbar.append(
    ...scaleControls(looking, { nTokens, isPooled: read("thumbnailPool") > 1, set }),
    ...[...controls.elements, legend.element],
  );
  shell.actions.append(table.toggle);
  const text = createTextPanel({
    ...{ tokenTexts, initial: looking, signal, set, onLeave: letGo },
    onPoint: (token) => {
      looking = { ...looking, cell: null };
      bus.hover(token === null ? null : { ...looking.place, token });
    },
    onPin: (token) => bus.pin({ ...looking.place, token }),
  });
  const note = element("p", { class: "vt-note" }, HELP);
  const measuring = createProgress();
  const status = element("div", {}, measuring.element);
  shell.body.append(status, stage, ...text.elements, table.element, note);

  function litOrLast(): number {
    return Math.min(nTokens - 1, litToken(bus.state) ?? nTokens - 1);
  }

  /** The token of a cell that lights in all pictures: the one whose weights are shown. */
  function litBy(cell: Cell): number {
    return looking.direction === "from" ? cell.query : cell.key;
  }

  const weightsFrom = (): Float32Array | null => store.row(looking, litOrLast());
  const weightsTo = (): Float32Array | null => store.column(looking, litOrLast());
  function litWeights(): Float32Array | null {
    return looking.direction === "from" ? weightsFrom() : weightsTo();
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
    heads.focus(looking);
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

  listenToOverviewKeys(
    overview.canvas,
    {
      move: (dx, dy) => {
        const place = overview.neighbour(looking.place, dx, dy);
        set({ place });
        bus.hover({ ...place });
        shell.announce(overview.describe(place));
      },
      open: () => open(looking.place),
      leave: () => (looking.isOpen ? close() : letGo()),
    },
    signal,
  );
  listenToMapKeys(
    map.canvas,
    {
      ...{ move: moveCell, step, zoom },
      pin: () => bus.pin({ ...looking.place, token: litOrLast() }),
      leave: () => (bus.state.pinned ? bus.pin(null) : close()),
    },
    signal,
  );
  function letGo(): void {
    bus.hover(null);
    bus.pin(null);
  }

  /** By cells of the map as it is drawn; the view follows. */
  function moveCell(dQuery: number, dKey: number): void {
    const { pool } = levelOf(looking.viewport, nTokens, nMeaned(looking), looking.nHidden);
    const cell = cellMoved(looking.cell, litOrLast(), [dQuery * pool, dKey * pool], nTokens);
    looking = { ...looking, viewport: viewportWith(cell, looking.viewport) };
    pointAt(cell);
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
    const { isOpen } = looking;
    store.begin();
    stage.dataset.open = String(isOpen);
    detail.element.hidden = !isOpen;
    readout.element.hidden = !isOpen;
    const maxOfMap = isOpen ? drawMap() : null;
    const [from, to] = isOpen ? [weightsFrom(), weightsTo()] : [null, null];
    heads.draw(looking, bus.state, shell.theme);
    measuring.draw(...metrics.progress(nTokens, read("metricStep")));
    controls.draw(looking);
    store.end();
    const max = maxOfMap ?? overview.max;
    legend.element.hidden = !isOpen && looking.headsAs === "table";
    legend.draw(looking, max, shell.theme);
    const token = litOrLast();
    const isPinned = bus.state.pinned?.token === token;
    text.draw(looking, { token, isPinned, from, to, max }, shell.theme);
    const said = metrics.error ?? store.error;
    note.textContent = said ?? HELP;
    note.classList.toggle("vt-warning", said !== null);
    table.refresh();
  }

  /** @returns the weight that has full colour */
  function drawMap(): number {
    const { place, poolKind, direction, nHidden } = looking;
    const ofHead = (place.layer * nHeads + place.head) * METRICS.length;
    detail.draw(looking, metrics.values.subarray(ofHead, ofHead + METRICS.length));
    const width = detail.element.clientWidth;
    const drawn = map.draw(looking, shell.theme, width, litToken(bus.state));
    progress.draw(...mapProgress(drawn, poolKind));
    const said = [litOrLast(), direction, litWeights(), nHidden, store.error] as const;
    if (isNewReadout(...said)) readout.draw(...said);
    return drawn.max;
  }

  return () => shell.destroy();
}

export default { render } satisfies AfmView;
