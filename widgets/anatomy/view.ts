import { toneOf } from "../cost/classGroups.ts";
import { CLASS_NAMES } from "../cost/data.ts";
import type { AfmView, RenderContext } from "../render/afm.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import {
  type AnatomyState,
  classShares,
  counted,
  describeModel,
  layersText,
  partName,
} from "./data.ts";
import { createOperatorReadout } from "./operatorReadout.ts";
import { createOperatorsList } from "./operatorsList.ts";
import { createPartsList } from "./partsList.ts";
import { STYLES } from "./styles.ts";
import { operatorColumns } from "./tables.ts";

const HELP =
  "A square has the area of its part's parameters, full where one token meets them. Arrows move among parts and among operators, × opens layers that are built alike; a layer that is picked is picked in the run's other pictures, Esc lets go. Counted from the plan, not measured.";

function render({ model, el }: RenderContext): () => void {
  const read = <K extends keyof AnatomyState>(key: K): AnatomyState[K] =>
    model.get(key) as AnatomyState[K];
  const anatomy = read("anatomy");
  const { parts } = anatomy;
  const bus = selectionBus(read("runId"));
  const firstBlock = Math.max(
    0,
    parts.findIndex(({ kind }) => kind === "block"),
  );
  let part = firstBlock;
  let operator = 0;
  let layer: number | null = parts[part]?.layers[0] ?? null;

  const shell = createShell({
    ...{ el, model },
    picture: "anatomy",
    title: "Anatomy",
    subtitle: describeModel(anatomy),
    description: `${parts.length} parts of ${anatomy.model.nLayers} layers, operator by operator`,
    styles: STYLES,
    redraw: () => draw(),
  });
  const { signal } = shell;
  const list = createPartsList({
    parts,
    signal,
    onPart: (index) => goToPart(index),
    onLayer: (picked) => bus.pin({ layer: picked }),
    onHover: (pointed) => bus.hover(pointed === null ? null : { layer: pointed }),
  });
  const operators = createOperatorsList((index) => {
    operator = index;
    draw();
    const { does } = parts[part]?.operators[index] ?? { does: "" };
    shell.announce(does);
  });
  const readout = createOperatorReadout(shell.announce);
  const title = element("h4", {});
  const says = element("p", {});
  const letters = element("div", { class: "vt-letters", "aria-label": "Letters of shapes" });
  const columns = operatorColumns(anatomy);
  const table = dataTable({
    caption: () =>
      `Operators of ${anatomy.model.name}, those of layers that are built alike once (derived)`,
    columns: () =>
      columns.map(({ name, values }) => ({ label: name, isNumber: typeof values[0] === "number" })),
    nRows: () => columns[0]?.values.length ?? 0,
    row: (i) => columns.map(({ values }) => String(values[i] ?? "")),
  });
  shell.actions.append(table.toggle);
  shell.body.append(
    element(
      "div",
      { class: "vt-anatomy" },
      list.element,
      element("div", { class: "vt-operators" }, title, says, operators.element, letters),
      readout.element,
    ),
    classLegend(),
    element("p", { class: "vt-note" }, HELP),
    table.element,
  );

  function goToPart(index: number): void {
    const { layers = [] } = parts[index] ?? {};
    if (index !== part) operator = 0;
    part = index;
    layer = layer !== null && layers.includes(layer) ? layer : (layers[0] ?? null);
    const found = parts[part];
    if (found) shell.announce(`${partName(found)}: ${found.title}`);
    draw();
  }

  bus.subscribe(({ pinned }) => {
    const picked = pinned?.layer ?? null;
    const index = parts.findIndex(({ layers }) => picked !== null && layers.includes(picked));
    if (index >= 0 && picked !== layer) {
      layer = picked;
      goToPart(index);
    } else draw();
  }, signal);
  shell.root.addEventListener(
    "keydown",
    (e) => {
      if (e.key !== "Escape") return;
      bus.hover(null);
      bus.pin(null);
    },
    { signal },
  );

  function classLegend(): HTMLElement {
    const present = new Set(parts.flatMap(classShares).map(({ costClass }) => costClass));
    return element(
      "div",
      { class: "vt-classes" },
      ...[...present].map((costClass) =>
        element(
          "span",
          { class: "vt-class" },
          element("span", { class: `vt-swatch ${toneOf(costClass)}`, "aria-hidden": "true" }),
          CLASS_NAMES[costClass],
        ),
      ),
    );
  }

  function draw(): void {
    const shown = parts[part];
    const chosen = shown?.operators[operator];
    if (shown === undefined || chosen === undefined) return;
    list.draw({ part, layer, hoveredLayer: bus.state.hovered?.layer ?? null });
    title.textContent = `${partName(shown)}: ${shown.title}`;
    says.textContent =
      shown.layers.length > 1
        ? `${counted(shown.operators.length, "operator")}, the same in layers ${layersText(shown.layers)}; names below are those of layer ${layer}.`
        : `${counted(shown.operators.length, "operator")}, as they run one after another.`;
    operators.draw(shown, operator);
    letters.replaceChildren(
      ...[
        { symbol: "T", size: null, means: "tokens of the step" },
        { symbol: "S", size: null, means: "positions so far" },
        ...shown.symbols,
      ].map(({ symbol, size, means }) =>
        element(
          "span",
          {},
          element("b", {}, symbol),
          size === null ? ` ${means}` : ` ${size} ${means}`,
        ),
      ),
    );
    readout.draw(shown, chosen, layer);
    table.refresh();
  }

  return () => shell.destroy();
}

export default { render } satisfies AfmView;
