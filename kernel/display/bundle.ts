import { errorText } from "../language/codeFrame.ts";
import { nodeBundle } from "./domNode.ts";
import { escapeHtml } from "./escapeHtml.ts";
import { DISPLAY, type Displayable, type MimeBundle } from "./host.ts";
import { asNumericArray } from "./numericArray.ts";
import { numericBundle } from "./numericBundle.ts";
import { plainText } from "./plainText.ts";
import { isPlotlyFigure, PLOTLY_MIME, plotlyJson } from "./plotlyFigure.ts";
import { tableHtml, tableOf } from "./table.ts";
import { wireBundle } from "./wireBundle.ts";

/**
 * How a value is shown: by its own `[Symbol.for("Jupyter.display")]()` or `toMimeBundle()`, as the element, figure,
 * array of numbers, table or error that it is, else as text. The bundle is as it travels.
 * @throws KernelError ERR_NOT_JSON if the value says something that cannot; and what the value's own code throws
 */
export async function toMimeBundle(value: unknown): Promise<MimeBundle> {
  if (isDisplayable(value)) return wireBundle(await value[DISPLAY]());
  const own = await ownBundle(value);
  if (own !== null) return wireBundle(own);
  const array = asNumericArray(value);
  if (array !== null) return numericBundle(array);
  const node = nodeBundle(value);
  if (node !== null) return node;
  if (value instanceof Error) return { "text/plain": errorText(value) };
  if (typeof value === "string" && /\n./s.test(value)) return textOfLines(value);
  const text = { "text/plain": plainText(value) };
  if (isPlotlyFigure(value)) return { ...text, [PLOTLY_MIME]: plotlyJson(value) };
  const table = tableOf(value);
  return table === null ? text : { ...text, "text/html": tableHtml(table) };
}

/** A text of several lines, which is there to be read: as it is, and unbroken where its lines stand in columns. */
function textOfLines(text: string): MimeBundle {
  const lines = text.split("\n");
  const hasColumns = lines.filter((line) => /\S {2,}\S/.test(line)).length > lines.length / 2;
  if (!hasColumns) return { "text/plain": text };
  const style = "white-space:pre;overflow-x:auto;margin:0";
  return { "text/plain": text, "text/html": `<pre style="${style}">${escapeHtml(text)}</pre>` };
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

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
