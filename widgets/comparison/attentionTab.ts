import { element } from "../render/element.ts";
import { gridTab } from "./gridTab.ts";
import { createHeadMapPanel } from "./headMapPanel.ts";
import { mostMoved } from "./mostMoved.ts";
import type { ComparisonPage, ComparisonTab } from "./page.ts";

/** All heads by what they do, and the map of the one that is looked at: until someone chooses, of the one that moved most. */
export function attentionTab(page: ComparisonPage): ComparisonTab {
  const heads = gridTab(page);
  const map = createHeadMapPanel(page);
  return {
    element: element("div", {}, heads.element, map.element),
    help: `${heads.help} The map below is the chosen head's.`,
    draw() {
      const isOpened = page.isHeadChosen || open();
      heads.draw();
      map.draw(isOpened);
    },
  };

  /** Goes to the head that differs most in the first quantity; false while its numbers are on their way. */
  function open(): boolean {
    const { state, store, place } = page;
    const info = state.pairs.find(({ tab }) => tab === "attention");
    if (info === undefined) return true;
    const pair = store.pair(info.key);
    const head = pair && mostMoved(pair, info.nColumns, page.isLayerChosen ? place.layer : null);
    if (head) page.openHead(head);
    return pair !== null || store.problem !== "";
  }
}
