import { PageModel, type SavedState } from "../offline/pageModel.ts";
import type { AfmView } from "../render/afm.ts";

/** Code of views by its text: pictures of one kind have the same. */
const modules = new Map<string, Promise<{ readonly default: AfmView }>>();

function viewModule(code: string): Promise<{ readonly default: AfmView }> {
  const known = modules.get(code);
  if (known) return known;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const loading = import(url) as Promise<{ readonly default: AfmView }>;
  modules.set(code, loading);
  return loading;
}

/**
 * Draws a saved picture with the code in its state, which has to be trusted; what it asks is answered from its state.
 * @returns what ends it
 */
export async function renderSaved(saved: SavedState, el: HTMLElement): Promise<() => void> {
  const model = new PageModel(saved);
  const view = await viewModule(String(model.get("_esm")));
  return view.default.render({ model, el });
}
