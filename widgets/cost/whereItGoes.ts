import { segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { createCachePanel } from "./cache/cachePanel.ts";
import { createClassTable } from "./classTable.ts";
import type { Panel, PanelContext } from "./panel.ts";
import { createParametersPanel } from "./parameters/parametersPanel.ts";
import { createRooflinePanel } from "./roofline/rooflinePanel.ts";
import { createStackPanel } from "./stack/stackPanel.ts";

const PANELS = {
  parts: { label: "Parts", title: "What each part of the model takes", make: createPartsPanel },
  tokens: { label: "By token", title: "Parts stacked for each token", make: createStackPanel },
  cache: { label: "Cache", title: "The cache by form of attention", make: createCachePanel },
  parameters: { label: "Parameters", title: "All and active ones", make: createParametersPanel },
  roofline: { label: "Roofline", title: "Against a device's limits", make: createRooflinePanel },
} as const;
type PanelName = keyof typeof PANELS;
const NAMES = Object.keys(PANELS) as PanelName[];

/** Pictures of where a run's cost goes, one at a time; each is made when it is first looked at. */
export function createWhereItGoes(context: PanelContext): Panel {
  const made = new Map<PanelName, Panel>();
  const place = element("div", { class: "vt-panel" });
  let shown: PanelName = "parts";

  const panelOf = (name: PanelName): Panel => {
    const panel = made.get(name) ?? PANELS[name].make(context);
    made.set(name, panel);
    return panel;
  };
  const show = (name: PanelName): void => {
    shown = name;
    place.replaceChildren(panelOf(name).element);
    panelOf(name).draw();
  };
  const control = segmented(
    "show",
    NAMES.map((value) => ({ value, label: PANELS[value].label, title: PANELS[value].title })),
    shown,
    show,
  );
  place.append(panelOf(shown).element);

  return {
    element: element(
      "div",
      {},
      element("div", { class: "vt-subhead" }, element("h4", {}, "Where it goes"), control.element),
      place,
    ),
    draw: () => panelOf(shown).draw(),
  };
}

/** A table of the parts, of the run or of the token that is pointed at. */
function createPartsPanel({ totals, byClass, nTokens, tokenTexts, tokens }: PanelContext): Panel {
  const table = createClassTable({ classes: totals.classes, byClass });
  return {
    element: table.element,
    draw() {
      const token = tokens.lit();
      const known = token !== null && token < nTokens ? token : null;
      table.show(known, known === null ? "" : visibleToken(tokenTexts[known] ?? ""));
    },
  };
}
