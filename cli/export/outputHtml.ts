import { escapeHtml } from "../../kernel/display/escapeHtml.ts";
import { imageOf, type OfflinePicture, picturePlace } from "../../widgets/offline/page.ts";
import { ansiHtml } from "./ansi.ts";
import { cleanHtml } from "./cleanHtml.ts";
import { dataAddress } from "./localPictures.ts";
import { markdownHtml, texHtml } from "./markdownHtml.ts";
import type { Bundle, Output } from "./readNotebook.ts";
import { showsWidget } from "./savedPictures.ts";

/** The best first, of those that a page can show without code. */
const RASTER = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const PLOTLY = "application/vnd.plotly.v1+json";
const STILL = "Saved picture. The notebook holds no state with which it could respond.";
const NO_PLOTLY =
  "A Plotly figure, which this page does not draw. Open the notebook to see it, or show a picture of it.";

/** An output as HTML. @param pictureOf finds the picture whose state the notebook has saved */
export function outputHtml(
  output: Output,
  pictureOf: (data: Bundle) => OfflinePicture | null,
): string {
  if (output.output_type === "stream")
    return pre(ansiHtml(output.text ?? ""), output.name === "stderr" ? "stderr" : "stdout");
  if (output.output_type === "error") return pre(ansiHtml(errorText(output)), "error");
  return output.data === undefined ? "" : bundleHtml(output.data, pictureOf);
}

/** What an error left, as for a terminal. */
export const errorText = ({ traceback, ename, evalue }: Output): string =>
  Array.isArray(traceback) && traceback.length > 0
    ? traceback.join("\n")
    : `${ename ?? "Error"}: ${evalue ?? ""}`;

function bundleHtml(data: Bundle, pictureOf: (data: Bundle) => OfflinePicture | null): string {
  const picture = pictureOf(data);
  if (picture !== null) return picturePlace(picture);
  const text = textOf(data, "text/plain") ?? "";
  const svg = textOf(data, "image/svg+xml");
  if (showsWidget(data) && svg !== null)
    return `<div class="picture">${imageOf(svg, text)}${note(STILL)}</div>`;
  const html = textOf(data, "text/html");
  if (html !== null) return `<div class="html" tabindex="0">${cleanHtml(html)}</div>`;
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
  if (PLOTLY in data) return note(NO_PLOTLY);
  return text === "" ? "" : pre(ansiHtml(text), "value");
}

const textOf = (data: Bundle, type: string): string | null => {
  const value = data[type];
  return typeof value === "string" ? value : null;
};

const note = (text: string): string => `<p class="note">${escapeHtml(text)}</p>`;

const pre = (html: string, kind: string): string =>
  `<pre class="${kind}" tabindex="0">${html}</pre>`;
