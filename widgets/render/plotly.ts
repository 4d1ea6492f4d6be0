import Plotly from "plotly.js";

/** The figure of `application/vnd.plotly.v1+json`. */
export interface Figure {
  readonly data: readonly Plotly.Data[];
  readonly layout?: Partial<Plotly.Layout>;
  readonly config?: Partial<Plotly.Config>;
  readonly frames?: readonly Plotly.Frame[];
}

export interface FigureView {
  /** Stops following the page and frees the figure. */
  remove(): void;
}

/** Eight hues that stay apart on light and on dark ground and for colour-blind readers (Okabe and Ito, 2008). */
const COLORWAY = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#d55e00",
  "#56b4e9",
  "#b8a800",
  "#8c8c8c",
];

/** Of a figure that names no height; its width is its element's. */
const HEIGHT_PX = 400;

/** Layout defaults in the colours and letters of JupyterLab's theme, which stand on the root of the page. */
function themeTemplate(): Plotly.Template {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string, otherwise: string): string =>
    style.getPropertyValue(name).trim() || otherwise;
  const line = value("--jp-border-color2", "#e0e0e0");
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, automargin: true };
  return {
    layout: {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      colorway: COLORWAY,
      font: {
        family: value("--jp-ui-font-family", "system-ui, sans-serif"),
        size: 12,
        color: value("--jp-ui-font-color1", "#212121"),
      },
      hoverlabel: { align: "left" },
      margin: { t: 48, r: 24, b: 48, l: 56 },
      xaxis: axis,
      yaxis: axis,
    },
  };
}

/**
 * Draws a figure and keeps it drawn: it follows the size of its element and the theme of the page. What the figure's
 * own template says wins over the theme.
 */
export async function showFigure(element: HTMLElement, figure: Figure): Promise<FigureView> {
  const draw = async (): Promise<void> => {
    const own = figure.layout?.template as Plotly.Template | undefined;
    const theme = themeTemplate();
    await Plotly.react(
      element,
      structuredClone(figure.data) as Plotly.Data[],
      {
        autosize: true,
        height: HEIGHT_PX,
        ...structuredClone(figure.layout),
        template: { ...own, layout: { ...theme.layout, ...own?.layout } },
      },
      { displaylogo: false, responsive: false, ...figure.config },
    );
  };
  await draw();
  if (figure.frames?.length) await Plotly.addFrames(element, [...figure.frames]);
  const onSize = new ResizeObserver(() => {
    if (element.clientWidth > 0) void Plotly.Plots.resize(element as Plotly.Root as never);
  });
  onSize.observe(element);
  const onTheme = new MutationObserver(() => void draw());
  onTheme.observe(document.body, {
    attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"],
  });
  return {
    remove() {
      onSize.disconnect();
      onTheme.disconnect();
      Plotly.purge(element);
    },
  };
}
