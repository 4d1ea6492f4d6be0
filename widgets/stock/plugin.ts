import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { hasPicture } from "../offline/savedWidgetState.ts";
import { accompany, WIDGET_VIEW } from "./accompany.ts";
import styles from "./pictures.css";

/** Of notebooks, as JupyterLab and Notebook 7 call what opens them. */
const NOTEBOOKS = "Notebook";

export const plugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine-pictures:plugin",
  description: "Shows pictures that were saved with a notebook where no kernel has made them anew.",
  autoStart: true,
  activate: ({ docRegistry }: JupyterFrontEnd) => {
    const sheet = document.createElement("style");
    sheet.textContent = styles;
    document.head.append(sheet);
    docRegistry.addWidgetExtension(NOTEBOOKS, {
      createNew: (panel) => accompanyRenderers(panel as NotebookPanel),
    });
  },
};

const known = new WeakSet<object>();

/**
 * Lets whatever draws widgets in a notebook have a saved picture beside it. ipywidgets' extension looks for its own renderers among
 * the outputs, and exchanges what makes them when a kernel has come: so they stay what and where they are.
 */
function accompanyRenderers({ content, context }: NotebookPanel): void {
  const { rendermime } = content;
  if (known.has(rendermime)) return; // a second view of the same notebook
  known.add(rendermime);
  const preferredMimeType = rendermime.preferredMimeType.bind(rendermime);
  const createRenderer = rendermime.createRenderer.bind(rendermime);
  rendermime.preferredMimeType = (bundle, safe) => {
    const isPicture = WIDGET_VIEW in bundle && hasPicture(bundle);
    // Safe where nothing is trusted: the picture is shown as an image then, and nothing else is made.
    return isPicture && rendermime.mimeTypes.includes(WIDGET_VIEW)
      ? WIDGET_VIEW
      : preferredMimeType(bundle, safe);
  };
  rendermime.createRenderer = (mimeType) => {
    const renderer = createRenderer(mimeType);
    if (mimeType === WIDGET_VIEW) accompany(renderer, context.model);
    return renderer;
  };
}
