import type { AfmView, RenderContext } from "../render/afm.ts";
import { askKernel } from "../render/askKernel.ts";
import { dropdown, segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { litToken, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import type { AlignedColumn } from "../routing/comparedRoutes.ts";
import type { ScaleName } from "../routing/strengths.ts";
import { absentNumbers } from "../tokens/absentNumbers.ts";
import { attentionTab } from "./attentionTab.ts";
import { bothSelections } from "./bothSelections.ts";
import {
  type ComparisonState,
  type PairInfo,
  SIDE_NAMES,
  type Side,
  TABS,
  type Tab,
} from "./data.ts";
import { gridTab } from "./gridTab.ts";
import type { ComparisonPage, ComparisonPlace, ComparisonTab } from "./page.ts";
import { createPairStore } from "./pairStore.ts";
import { isSignedSide } from "./pairs.ts";
import { pairTable } from "./pairTable.ts";
import { STYLES } from "./styles.ts";
import { textTab } from "./textTab.ts";

const SIDES: readonly Side[] = ["a", "b", "difference"];
const SCALES: readonly ScaleName[] = ["linear", "log", "rank"];

function render({ model, el }: RenderContext): () => void {
  const state = stateOf((key) => model.get(key));
  const columns: AlignedColumn[] = state.own.map((own, i) => ({
    own,
    other: state.other[i] ?? -1,
  }));
  const ofTab = (tab: Tab): PairInfo[] => state.pairs.filter((info) => info.tab === tab);
  const shownTabs = TABS.filter((tab) => ofTab(tab).length > 0);
  let tab: Tab = shownTabs[0] ?? "tokens";
  let side: Side = "difference";
  let scale: ScaleName = "linear";
  let place: ComparisonPlace = {
    ...{ column: Math.max(0, columns.length - 1), layer: 0, head: 0, expert: 0, part: 0 },
  };
  /** Parts of the place that someone chose: the others are where the picture opens. */
  const placed = new Set<string>();
  const goTo = (part: Partial<ComparisonPlace>): void => {
    place = { ...place, ...part };
    for (const name of Object.keys(part)) placed.add(name);
  };
  const chosen = new Map(shownTabs.map((one) => [one, ofTab(one)[0]?.key ?? ""]));

  const shell = createShell({
    ...{ el, model },
    picture: "comparison",
    title: "Comparison",
    subtitle: state.subtitle,
    description: `two runs on one scale, and their difference: ${state.summary.join("; ")}`,
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const store = createPairStore({
    ask: askKernel({ model, el }, signal),
    pairs: state.pairs,
    onAnswer: () => schedule(),
  });
  const selections = bothSelections(
    [selectionBus(state.runId), selectionBus(state.otherId)],
    columns,
  );
  goTo(selections.said());
  const infoNow = (): PairInfo => {
    const found = state.pairs.find(({ key }) => key === chosen.get(tab));
    if (found === undefined) throw new Error("nothing can be compared");
    return found;
  };

  const page: ComparisonPage = {
    ...{ shell, state, store, columns },
    get place() {
      return place;
    },
    get isHeadChosen() {
      return placed.has("head");
    },
    get isLayerChosen() {
      return placed.has("layer");
    },
    get pinned() {
      return selections.pinned();
    },
    get isLit() {
      return selections.buses.some((bus) => litToken(bus.state) !== null);
    },
    get info() {
      return infoNow();
    },
    get side() {
      return side;
    },
    get scale() {
      return scale;
    },
    point(part) {
      if (part) goTo(part);
      selections.hover(part);
      schedule(); // parts of a model are this picture's alone
    },
    pin(part) {
      goTo(part);
      selections.pin(part);
    },
    openHead(head) {
      place = { ...place, ...head };
    },
    clear: () => selections.clear(),
  };

  const makers: Readonly<Record<Tab, () => ComparisonTab>> = {
    tokens: () => textTab(page),
    attention: () => attentionTab(page),
    routes: () => gridTab(page),
    cost: () => gridTab(page),
  };
  const made = new Map<Tab, ComparisonTab>();
  const tabNow = (): ComparisonTab => {
    const known = made.get(tab) ?? makers[tab]();
    made.set(tab, known);
    return known;
  };
  const choose = (): void => {
    holder.replaceChildren(tabNow().element);
    draw();
  };
  const tabs = segmented<Tab>(
    "picture",
    shownTabs.map((value) => ({ value, label: value })),
    tab,
    (value) => {
      tab = value;
      choose();
    },
  );
  const quantities = new Map(
    shownTabs.map((one) => [
      one,
      dropdown(
        `quantity of ${one}`,
        ofTab(one).map(({ key, label }) => ({ value: key, label })),
        chosen.get(one) ?? "",
        (key) => {
          chosen.set(one, key);
          draw();
        },
      ),
    ]),
  );
  const sides = segmented<Side>(
    "show",
    SIDES.map((value) => ({ value, label: SIDE_NAMES[value] })),
    side,
    (value) => {
      side = value;
      draw();
    },
  );
  const scales = segmented<ScaleName>(
    "scale",
    SCALES.map((value) => ({ value, label: value })),
    scale,
    (value) => {
      scale = value;
      draw();
    },
  );
  const table = dataTable(pairTable(page));
  const holder = element("div", {}, tabNow().element);
  const note = element("p", { class: "vt-note" });
  const problem = element("p", { class: "vt-warning vt-problem" });
  shell.toolbar.append(
    tabs.element,
    ...[...quantities.values()].map((one) => one.element),
    sides.element,
    scales.element,
  );
  shell.actions.append(table.toggle);
  shell.body.append(
    element("p", { class: "vt-comparison-summary" }, state.summary.join("; ")),
    ...[problem, holder, table.element, note],
    absentNumbers(state.missing),
  );

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));
  selections.subscribe((part) => {
    goTo(part);
    schedule();
  }, signal);

  function draw(): void {
    store.begin();
    const info = infoNow();
    for (const [one, control] of quantities) control.element.hidden = one !== tab;
    sides.element.hidden = info.isDifference && tab !== "attention"; // maps of heads have sides
    const pair = store.pair(info.key);
    scales.element.hidden = pair === null || isSignedSide(pair, side);
    tabNow().draw();
    problem.textContent = store.problem;
    note.textContent = tabNow().help;
    table.refresh();
  }

  return () => shell.destroy();
}

/** A page's state under the names that it has in the kernel. */
function stateOf(get: (key: string) => unknown): ComparisonState {
  const read = <K extends keyof ComparisonState>(key: K) => get(key) as ComparisonState[K];
  return {
    ...{ runId: read("runId"), otherId: read("otherId"), names: read("names") },
    ...{ subtitle: read("subtitle"), summary: read("summary"), missing: read("missing") },
    ...{ texts: read("texts"), own: read("own"), other: read("other"), tops: read("tops") },
    ...{ pairs: read("pairs"), headsByLayer: read("headsByLayer"), moeLayers: read("moeLayers") },
    ...{ mapPool: read("mapPool"), mapStep: read("mapStep") },
  };
}

export default { render } satisfies AfmView;
