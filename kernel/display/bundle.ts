import { inspect } from "node:util";
import { errorText } from "../language/codeFrame.ts";
import { DISPLAY, type Displayable, type MimeBundle } from "./host.ts";
import { asNumericArray } from "./numericArray.ts";
import { numericBundle } from "./numericBundle.ts";
import { isPlotlyFigure, PLOTLY_MIME, plotlyJson } from "./plotlyFigure.ts";
import { isTable, tableHtml } from "./table.ts";

/**
 * How a value is shown: by its own `[Symbol.for("Jupyter.display")]()` or `toMimeBundle()`, as the element, figure,
 * array of numbers, table or error that it is, else as text. Binary data in a bundle becomes base64, as Jupyter wants it.
 */
export async function toMimeBundle(value: unknown): Promise<MimeBundle> {
  if (isDisplayable(value)) return encodeBinary(await value[DISPLAY]());
  const own = await ownBundle(value);
  if (own !== null) return encodeBinary(own);
  const array = asNumericArray(value);
  if (array !== null) return numericBundle(array);
  const element = elementMarkup(value);
  if (element !== null) return element;
  if (value instanceof Error) return { "text/plain": errorText(value) };
  const text = { "text/plain": inspect(value, { depth: 4 }) };
  if (isPlotlyFigure(value)) return { ...text, [PLOTLY_MIME]: plotlyJson(value) };
  if (isTable(value)) return { ...text, "text/html": tableHtml(value) };
  return text;
}

/** A bundle with its Uint8Arrays in base64. */
export function encodeBinary(bundle: MimeBundle): MimeBundle {
  return Object.fromEntries(
    Object.entries(bundle).map(([mime, data]) => [
      mime,
      data instanceof Uint8Array ? Buffer.from(data).toString("base64") : data,
    ]),
  );
}

function isDisplayable(value: unknown): value is Displayable {
  return isObject(value) && typeof (value as Partial<Displayable>)[DISPLAY] === "function";
}

/** What `toMimeBundle()` of the value itself says, if it has one and that gives MIME data. */
async function ownBundle(value: unknown): Promise<MimeBundle | null> {
  if (!isObject(value)) return null;
  const { toMimeBundle: own } = value as { toMimeBundle?: unknown };
  if (typeof own !== "function") return null;
  const bundle: unknown = await own.call(value);
  const isBundle = isObject(bundle) && Object.keys(bundle).some((key) => key.includes("/"));
  return isBundle ? (bundle as MimeBundle) : null;
}

/** Markup of a DOM element, whichever DOM it is of, or of the first one that a d3 selection holds. */
function elementMarkup(value: unknown): MimeBundle | null {
  if (!isObject(value)) return null;
  const { outerHTML, tagName, _groups, node } = value as Record<string, unknown>;
  if (Array.isArray(_groups) && typeof node === "function") return elementMarkup(node.call(value));
  if (typeof outerHTML !== "string" || typeof tagName !== "string") return null;
  const name = tagName.toLowerCase();
  return name === "svg"
    ? { "image/svg+xml": standaloneSvg(outerHTML), "text/plain": "<svg>" }
    : { "text/html": outerHTML, "text/plain": `<${name}>` };
}

/** An image of its own needs the name of its language, which an element in a page does not. */
function standaloneSvg(markup: string): string {
  const [tag = ""] = /^<[^>]*>/.exec(markup) ?? [];
  if (/\sxmlns\s*=/.test(tag)) return markup;
  return markup.replace(/^<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
