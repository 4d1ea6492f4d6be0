import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import type { Figure, FigureView } from "../render/plotly.ts";

const MIME_TYPE = "application/vnd.plotly.v1+json";

/** A Plotly figure that wears the theme and takes the width of its output. The library is loaded with the first one. */
class PlotlyRenderer extends Widget implements IRenderMime.IRenderer {
  #figure: FigureView | null = null;

  constructor() {
    super();
    this.addClass("vitrine-plotly");
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { showFigure } = await import("../render/plotly.ts");
    this.#figure?.remove();
    this.#figure = null;
    if (this.isDisposed) return;
    this.#figure = await showFigure(this.node, model.data[MIME_TYPE] as unknown as Figure);
  }

  override dispose(): void {
    this.#figure?.remove();
    this.#figure = null;
    super.dispose();
  }
}

/** Renderer of `application/vnd.plotly.v1+json`: `{ data, layout, config, frames }`. */
export const plotlyExtension: IRenderMime.IExtension = {
  id: "vitrine:plotly",
  description: "Shows Plotly figures.",
  rank: 0,
  dataType: "json",
  rendererFactory: {
    safe: true,
    mimeTypes: [MIME_TYPE],
    createRenderer: () => new PlotlyRenderer(),
  },
};
