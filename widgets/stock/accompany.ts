import type { NotebookPanel } from "@jupyterlab/notebook";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { hasPicture } from "../offline/savedWidgetState.ts";
import { SavedPicture } from "./savedPicture.ts";

export const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";

type NotebookModel = NotebookPanel["context"]["model"];

/** Shows the picture of what a renderer is to draw, as long as that is not there; a renderer of what is not trusted draws nothing. */
export function accompany(renderer: IRenderMime.IRenderer, notebook: NotebookModel): void {
  const renderLive = renderer.renderModel.bind(renderer);
  let picture: SavedPicture | null = null;
  renderer.renderModel = async (model) => {
    if (hasPicture(model.data)) {
      picture ??= new SavedPicture(renderer.node, notebook);
      picture.show(model, (model.data[WIDGET_VIEW] as { model_id: string }).model_id);
    }
    if (model.trusted) await renderLive(model);
  };
  renderer.disposed.connect(() => picture?.dispose());
}
