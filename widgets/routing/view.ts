import { type AfmView, alignedBuffer, type RenderContext } from "../render/afm.ts";
import { askKernel } from "../render/askKernel.ts";
import { segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { type SelectionState, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { biasTab } from "./biasTab.ts";
import { compareTab } from "./compareTab.ts";
import { blockTokens, type RoutingState } from "./data.ts";
import { loadTab } from "./loadTab.ts";
import { marginsTab } from "./marginsTab.ts";
import type { RoutingPage, RoutingPlace, RoutingTab } from "./page.ts";
import { pathTab } from "./pathTab.ts";
import { createRouteStore } from "./routeStore.ts";
import { routesTab } from "./routesTab.ts";
import { STYLES } from "./styles.ts";
import { togetherTab } from "./togetherTab.ts";

const TABS = ["routes", "load", "path", "margins", "together", "bias", "compare"] as const;
type TabName = (typeof TABS)[number];

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof RoutingState>(key: K): RoutingState[K] =>
    model.get(key) as RoutingState[K];
  const layers = read("layers");
  const nExperts = read("nExperts");
  const k = read("nExpertsPerToken");
  const tokenTexts = read("tokenTexts");
  const nTokens = tokenTexts.length;
  const shell = createShell({
    ...{ el, model },
    picture: "routing",
    title: "Routing",
    subtitle: read("refusal")
      ? read("subtitle")
      : `${read("subtitle")} · top ${k} of ${nExperts} experts`,
    description:
      read("refusal") || `experts chosen for ${nTokens} tokens in ${layers.length} layers`,
    styles: STYLES,
    redraw: () => {
      if (!read("refusal")) draw();
    },
  });
  const { signal } = shell;
  if (read("refusal")) {
    shell.body.append(element("p", { class: "vt-refusal" }, read("refusal")));
    return () => shell.destroy();
  }

  const bus = selectionBus(read("runId"));
  const load = new Float32Array(alignedBuffer(read("load")));
  const store = createRouteStore({
    ask: askKernel({ model, el }, signal),
    ...{ nLayers: layers.length, nTokens, k, load, onAnswer: () => schedule() },
    blockTokens: blockTokens(layers.length, k),
    firstBlock: alignedBuffer(read("block")),
  });
  const sources = read("sources");
  const compared = sources.findIndex(({ role }) => role === "compare");
  let place: RoutingPlace = { row: 0, token: 0, expert: 0 };
  const selectionOf = (part: Partial<RoutingPlace>) => ({
    token: part.token ?? null,
    layer: part.row === undefined ? null : (layers[part.row] ?? null),
    expert: part.expert ?? null,
  });
  const page: RoutingPage = {
    ...{ shell, bus, store, layers, nExperts, k, tokenTexts, sources, compared },
    comparedTexts: read("comparedTexts"),
    partners: new Int32Array(alignedBuffer(read("partners"))),
    get place() {
      return place;
    },
    get pinned() {
      const { pinned } = bus.state;
      if (pinned === null) return null;
      const row = pinned.layer === null ? -1 : layers.indexOf(pinned.layer);
      return { token: pinned.token, expert: pinned.expert, row: row < 0 ? null : row };
    },
    point: (part) => {
      if (part) place = { ...place, ...part };
      bus.hover(part && selectionOf(part));
    },
    pin: (part) => {
      place = { ...place, ...part };
      bus.pin(selectionOf(part));
    },
    clear: () => {
      bus.hover(null);
      bus.pin(null);
    },
    schedule: () => schedule(),
  };

  const makers: Readonly<Record<TabName, () => RoutingTab>> = {
    routes: () => routesTab(page, load),
    load: () => loadTab(page),
    path: () => pathTab(page),
    margins: () => marginsTab(page),
    together: () => togetherTab(page),
    bias: () => biasTab(page),
    compare: () => compareTab(page),
  };
  const made = new Map<TabName, RoutingTab>();
  let shown: TabName = "routes";
  const tab = (): RoutingTab => {
    const known = made.get(shown) ?? makers[shown]();
    made.set(shown, known);
    return known;
  };
  const tabs = segmented<TabName>(
    "picture",
    TABS.filter((value) => value !== "compare" || compared >= 0).map((value) => ({
      value,
      label: value,
    })),
    shown,
    (value) => {
      shown = value;
      holder.replaceChildren(tab().element);
      draw();
    },
  );
  const holder = element("div", {}, tab().element);
  const table = dataTable({
    caption: () => tab().table.caption(),
    columns: () => tab().table.columns(),
    nRows: () => tab().table.nRows(),
    row: (i) => tab().table.row(i),
  });
  const note = element("p", { class: "vt-note" });
  shell.toolbar.append(tabs.element);
  shell.actions.append(table.toggle);
  shell.body.append(holder, table.element, note);

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));
  bus.subscribe((state) => {
    place = placeAt(state, place);
    schedule();
  }, signal);

  /** What other pictures point at is looked at here too. */
  function placeAt(state: SelectionState, before: RoutingPlace): RoutingPlace {
    const lit = state.hovered ?? state.pinned;
    const row = lit?.layer === null || lit === null ? -1 : layers.indexOf(lit.layer);
    const token = state.hovered?.token ?? state.pinned?.token ?? before.token;
    return {
      row: row >= 0 ? row : before.row,
      token: Math.min(nTokens - 1, token),
      expert: Math.min(nExperts - 1, lit?.expert ?? before.expert),
    };
  }

  function draw(): void {
    tab().draw();
    note.textContent = store.error ?? tab().help;
    note.classList.toggle("vt-warning", store.error !== null);
    table.refresh();
  }

  return () => shell.destroy();
}

export default { render } satisfies AfmView;
