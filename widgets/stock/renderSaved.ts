import { PageModel, type SavedState } from "../offline/pageModel.ts";
import { importView } from "../render/importView.ts";

/**
 * Draws a saved picture with the code in its state, which has to be trusted; what it asks is answered from its state.
 * @returns what ends it
 */
export async function renderSaved(saved: SavedState, el: HTMLElement): Promise<() => void> {
  const model = new PageModel(saved);
  const view = await importView(String(model.get("_esm")));
  return view.render({ model, el });
}
