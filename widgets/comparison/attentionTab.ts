import { element } from "../render/element.ts";
import { gridTab } from "./gridTab.ts";
import { createHeadMapPanel } from "./headMapPanel.ts";
import type { ComparisonPage, ComparisonTab } from "./page.ts";

/** All heads by what they do, and the map of the one that is looked at. */
export function attentionTab(page: ComparisonPage): ComparisonTab {
  const heads = gridTab(page);
  const map = createHeadMapPanel(page);
  return {
    element: element("div", {}, heads.element, map.element),
    help: `${heads.help} The map below is the chosen head's.`,
    draw() {
      heads.draw();
      map.draw();
    },
  };
}
