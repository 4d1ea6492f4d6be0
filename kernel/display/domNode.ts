import { inspect } from "node:util";
import { escapeHtml } from "./escapeHtml.ts";
import type { MimeBundle } from "./host.ts";

/** The types of nodes as the DOM numbers them. */
const TEXT = 3;
const DOCUMENT = 9;
const FRAGMENT = 11;
/** Most markup of a node within something else, in UTF-16 units. */
const LONGEST = 200;

/**
 * A DOM node as what it would draw, whichever DOM it is of: an element, or the first one that a d3 selection holds, the children
 * of a fragment, the page of a document, the words of a text. Null for what is none of these.
 */
export function nodeBundle(value: unknown): MimeBundle | null {
  if (!isObject(value)) return null;
  const { outerHTML, tagName, _groups, node } = value;
  if (Array.isArray(_groups) && typeof node === "function") return nodeBundle(node.call(value));
  if (typeof outerHTML === "string" && typeof tagName === "string")
    return elementBundle(value, tagName.toLowerCase(), outerHTML);
  const { nodeType, nodeName, childNodes, data } = value;
  if (typeof nodeName !== "string") return null;
  if (nodeType === TEXT) return { "text/plain": String(data) };
  if ((nodeType !== DOCUMENT && nodeType !== FRAGMENT) || !isObject(childNodes)) return null;
  const html = nodeType === DOCUMENT ? pageOf(value) : markupOf(childNodes);
  return { "text/html": html, "text/plain": nodeName };
}

/** A node in one short line, for where it stands within something else. */
export function nodeLine(node: unknown): string {
  if (!isObject(node)) return String(node);
  const { outerHTML, nodeName, data } = node;
  if (typeof outerHTML === "string") return cut(outerHTML);
  return typeof data === "string" ? `${String(nodeName)} ${inspect(cut(data))}` : String(nodeName);
}

function elementBundle(
  element: Readonly<Record<string, unknown>>,
  name: string,
  markup: string,
): MimeBundle {
  const text = { "text/plain": `<${name}>` };
  if (name === "svg") return { "image/svg+xml": standaloneSvg(markup), ...text };
  if (name === "canvas" && typeof element.toDataURL === "function") {
    const [, png] = /^data:image\/png;base64,(.+)$/.exec(String(element.toDataURL())) ?? [];
    if (png !== undefined) return { "image/png": png, ...text };
  }
  return { "text/html": markup, ...text };
}

function pageOf({ body }: Readonly<Record<string, unknown>>): string {
  return isObject(body) ? String(body.innerHTML) : "";
}

function markupOf(nodes: object): string {
  return Array.from(nodes as Iterable<Readonly<Record<string, unknown>>>, (node) => {
    if (typeof node.outerHTML === "string") return node.outerHTML;
    return node.nodeType === TEXT ? escapeHtml(String(node.data)) : "";
  }).join("");
}

/** An image of its own needs the name of its language, which an element in a page does not. */
function standaloneSvg(markup: string): string {
  const [tag = ""] = /^<[^>]*>/.exec(markup) ?? [];
  if (/\sxmlns\s*=/.test(tag)) return markup;
  return markup.replace(/^<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
