import { type Figure, showFigure } from "../render/plotly.ts";

/** A page without a kernel that shows a figure, as far as a view needs it. */
interface Place {
  readonly model: { get(key: "figure"): unknown };
  readonly el: HTMLElement;
}

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Figures follow the theme where JupyterLab says it; pages of their own follow the system's. */
function tellTheme(): void {
  document.body.dataset.jpThemeLight = String(!dark.matches);
}

tellTheme();
dark.addEventListener("change", tellTheme);

async function render({ model, el }: Place): Promise<() => void> {
  const view = await showFigure(el, model.get("figure") as Figure);
  return () => view.remove();
}

export default { render };
