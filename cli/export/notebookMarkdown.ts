import { basename, dirname, join } from "node:path";
import { ansiText } from "./ansi.ts";
import { localPictures } from "./localPictures.ts";
import { errorText } from "./outputHtml.ts";
import {
  type Bundle,
  foldedLabel,
  isFolded,
  type NotebookCell,
  type Output,
  type ReadNotebook,
} from "./readNotebook.ts";

/** The best first. A picture of Vitrine has an SVG. */
const IMAGES: Readonly<Record<string, string>> = {
  "image/svg+xml": "svg",
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/gif": "gif",
  "image/webp": "webp",
};

/**
 * A notebook as Markdown and the pictures that it shows, by path: the text goes to `out`, pictures into a folder beside it that is
 * called as the file is, with `_files` behind.
 */
export function notebookMarkdown(
  notebook: ReadNotebook,
  facts: readonly string[],
  out: string,
): Map<string, string | Uint8Array> {
  const folder = `${basename(out).replace(/\.[^.]+$/, "")}_files`;
  const images = new Map<string, string | Uint8Array>();
  const addImage = (extension: string, bytes: Uint8Array): string => {
    const name = `picture-${images.size + 1}.${extension}`;
    images.set(join(dirname(out), folder, name), bytes);
    return `${encodeURIComponent(folder)}/${name}`;
  };
  const cells = notebook.cells.map((cell) => cellText(cell, notebook, addImage));
  const head = facts.map((fact) => `> ${fact}`).join("\n>\n");
  const text = [head, ...cells].filter((part) => part.trim() !== "").join("\n\n");
  return new Map([...images, [out, `${text}\n`]]);
}

type AddImage = (extension: string, bytes: Uint8Array) => string;

function cellText(cell: NotebookCell, { path, language }: ReadNotebook, add: AddImage): string {
  if (cell.cell_type === "markdown") return withAttachments(cell, path, add);
  if (cell.cell_type === "raw") return fenced(cell.source, "");
  const block = cell.source.trim() === "" ? "" : fenced(cell.source, language);
  const code = isFolded(cell)
    ? `<details>\n<summary>${foldedLabel(cell.source)}</summary>\n\n${block}\n\n</details>`
    : block;
  const outputs = (cell.outputs ?? []).map((output) => outputText(output, add));
  return [code, ...outputs].filter((part) => part !== "").join("\n\n");
}

/** Attached pictures become files; links to files stay what they are. */
function withAttachments(cell: NotebookCell, path: string, add: AddImage): string {
  const inline = localPictures(path, cell);
  return cell.source.replace(/\]\((attachment:[^)\s]+)/g, (whole, address: string) => {
    const found = /^data:(image\/[a-z+]+);base64,(.*)$/.exec(inline(address) ?? "");
    const extension = IMAGES[found?.[1] ?? ""];
    if (extension === undefined) return whole;
    return `](${add(extension, Buffer.from(found?.[2] ?? "", "base64"))}`;
  });
}

function outputText(output: Output, add: AddImage): string {
  if (output.output_type === "stream") return fenced(ansiText(output.text ?? ""), "text");
  if (output.output_type === "error") return fenced(ansiText(errorText(output)), "text");
  return output.data === undefined ? "" : bundleText(output.data, add);
}

function bundleText(data: Bundle, add: AddImage): string {
  const plain = typeof data["text/plain"] === "string" ? data["text/plain"] : "";
  const type = Object.keys(IMAGES).find((each) => typeof data[each] === "string");
  if (type !== undefined) {
    const image = String(data[type]);
    const bytes = Buffer.from(image, type === "image/svg+xml" ? "utf8" : "base64");
    const words = plain.split("\n")[0]?.replace(/[[\]\\]/g, "\\$&") || "Picture";
    return `![${words}](${add(IMAGES[type] ?? "", bytes)})`;
  }
  for (const type of ["text/markdown", "text/latex"])
    if (typeof data[type] === "string") return data[type];
  return plain === "" ? "" : fenced(ansiText(plain), "text");
}

/** A block of code whose fence is longer than any in it. */
function fenced(code: string, language: string): string {
  if (code === "") return "";
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${code.replace(/\n$/, "")}\n${fence}`;
}
