import { parseHTML } from "linkedom";

/** What runs code, loads something, or leaves its place. */
const FORBIDDEN =
  "script, iframe, frame, object, embed, applet, link, meta, base, form, template, noscript, portal";
/** Attributes with addresses. */
const ADDRESSES = ["href", "src", "srcset", "xlink:href", "action", "formaction", "poster", "data"];

/** Gives a local picture as a data address, or null where there is none that can be carried. */
export type Inline = (address: string) => string | null;

/**
 * HTML of a notebook without what runs code or asks the network: scripts, frames, forms and handlers are left out, pictures that
 * lie elsewhere become links. Notebooks come from strangers, and the page has one origin for all of it.
 */
export function cleanHtml(html: string, inline: Inline = () => null): string {
  const { document } = parseHTML(`<!doctype html><html><body>${html}</body></html>`);
  for (const element of document.querySelectorAll(FORBIDDEN)) element.remove();
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      const lower = name.toLowerCase();
      if (lower.startsWith("on") || lower === "srcdoc") element.removeAttribute(name);
      else if (ADDRESSES.includes(lower) && !isHarmless(value, lower))
        element.removeAttribute(name);
    }
  }
  // Wide ones are scrolled, which keys have to do, too.
  for (const table of document.querySelectorAll("table")) table.setAttribute("tabindex", "0");
  // A header without text names nothing, and screen readers would read one out; data frames have it in their corner.
  for (const header of document.querySelectorAll("th"))
    if (header.textContent.trim() === "" && header.children.length === 0)
      header.replaceWith(cellInstead(header, document));
  for (const image of document.querySelectorAll("img")) keepImage(image, inline, document);
  return document.body.innerHTML;
}

function cellInstead(header: Element, document: Document): Element {
  const cell = document.createElement("td");
  for (const { name, value } of header.attributes) cell.setAttribute(name, value);
  return cell;
}

/** Links lead anywhere but into code; everything else must be in the file. */
function isHarmless(value: string, attribute: string): boolean {
  const address = value.replace(/[\s\p{Cc}]/gu, "").toLowerCase();
  if (attribute === "href")
    return (
      /^(https?:|mailto:|#|data:image\/)/.test(address) || !/^[a-z][a-z0-9+.-]*:/.test(address)
    );
  if (attribute === "src") return !/^(javascript|vbscript):/.test(address);
  return address.startsWith("#") || address.startsWith("data:image/");
}

function keepImage(image: Element, inline: Inline, document: Document): void {
  const source = image.getAttribute("src") ?? "";
  if (source.startsWith("data:image/")) return;
  const carried = inline(source);
  if (carried !== null) {
    image.setAttribute("src", carried);
    return;
  }
  const link = document.createElement("a");
  link.textContent = image.getAttribute("alt") || source || "a picture";
  if (/^https?:/.test(source)) link.setAttribute("href", source);
  image.replaceWith(link);
}
