import { escapeHtml } from "../../kernel/display/escapeHtml.ts";
import { PLOTLY_MIME } from "../../kernel/display/plotlyFigure.ts";
import {
  imageOf,
  type OfflinePicture,
  picturePlace,
  viewPlace,
} from "../../widgets/offline/page.ts";
import { ansiHtml } from "./ansi.ts";
import { cleanHtml } from "./cleanHtml.ts";
import { dataAddress } from "./localPictures.ts";
import { markdownHtml, texHtml } from "./markdownHtml.ts";
import type { ShownFigure } from "./plotlyFigures.ts";
import type { Bundle, Output } from "./readNotebook.ts";
import { showsWidget } from "./savedPictures.ts";

/** The best first, of those that a page can show without code. */
const RASTER = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const STILL = "Saved picture. The notebook holds no state with which it could respond.";
const NO_PLOTLY =
  "A Plotly figure, which this page does not draw. Open the notebook to see it, or show a picture of it.";
const DRAWING = "A Plotly figure. It is drawn where scripts run.";

/** What a page has of a bundle that responds; null: nothing. */
export interface Alive {
  /** A picture whose state the notebook has saved. */
  readonly pictureOf: (data: Bundle) => OfflinePicture | null;
  readonly figureOf: (data: Bundle) => ShownFigure | null;
}

/** An output as HTML. */
export function outputHtml(output: Output, alive: Alive): string {
  if (output.output_type === "stream")
    return pre(ansiHtml(output.text ?? ""), output.name === "stderr" ? "stderr" : "stdout");
  if (output.output_type === "error") return pre(ansiHtml(errorText(output)), "error");
  return output.data === undefined ? "" : bundleHtml(output.data, alive);
}

/** What an error left, as for a terminal. */
export const errorText = ({ traceback, ename, evalue }: Output): string =>
  Array.isArray(traceback) && traceback.length > 0
    ? traceback.join("\n")
    : `${ename ?? "Error"}: ${evalue ?? ""}`;

function bundleHtml(data: Bundle, { pictureOf, figureOf }: Alive): string {
  const picture = pictureOf(data);
  if (picture !== null) return picturePlace(picture);
  const figure = figureOf(data);
  if (figure !== null && "view" in figure) return viewPlace(figure, note(DRAWING));
  const text = textOf(data, "text/plain") ?? "";
  const svg = textOf(data, "image/svg+xml");
  if (showsWidget(data) && svg !== null)
    return `<div class="picture">${imageOf(svg, text)}${note(STILL)}</div>`;
  const html = textOf(data, "text/html");
  const isPlotly = PLOTLY_MIME in data; // then the page in text/html is a script
  if (html !== null && !isPlotly) return `<div class="html" tabindex="0">${cleanHtml(html)}</div>`;
  if (svg !== null) return `<div class="picture">${imageOf(svg, text || "A picture")}</div>`;
  for (const type of RASTER) {
    const raster = textOf(data, type);
    if (raster !== null)
      return `<div class="picture"><img alt="${escapeHtml(text || "A picture")}" src="${escapeHtml(dataAddress(type, raster))}"></div>`;
  }
  const markdown = textOf(data, "text/markdown");
  if (markdown !== null) return markdownHtml(markdown, () => null);
  const tex = textOf(data, "text/latex");
  if (tex !== null) return `<p>${texHtml(tex)}</p>`;
  if (isPlotly) return note(figure === null ? NO_PLOTLY : figure.refusal);
  return text === "" ? "" : pre(ansiHtml(text), "value");
}

const textOf = (data: Bundle, type: string): string | null => {
  const value = data[type];
  return typeof value === "string" ? value : null;
};

const note = (text: string): string => `<p class="note">${escapeHtml(text)}</p>`;

const pre = (html: string, kind: string): string =>
  `<pre class="${kind}" tabindex="0">${html}</pre>`;
