import type { ControlInit } from "./control.ts";
import { TabBase, type TabState } from "./schemaControls.ts";

/** Pages of which one is shown: the first, unless `selected_index` says otherwise. */
export class Tab extends TabBase {
  constructor(state: ControlInit<TabState> = {}) {
    super({ selected_index: state.children?.length ? 0 : null, ...state });
  }
}
