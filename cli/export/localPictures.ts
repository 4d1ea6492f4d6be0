import { readFileSync } from "node:fs";
import { dirname, extname, isAbsolute, relative, resolve } from "node:path";
import type { Inline } from "./cleanHtml.ts";
import type { NotebookCell } from "./readNotebook.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".svg": "image/svg+xml",
};

/** Pictures of markdown as data addresses: those attached to the cell, and files in or below the notebook's folder. */
export function localPictures(notebook: string, { attachments = {} }: NotebookCell): Inline {
  const folder = dirname(resolve(notebook));
  return (address) => {
    if (address.startsWith("attachment:"))
      return attached(attachments[decoded(address.slice("attachment:".length))]);
    const type = TYPES[extname(address).toLowerCase()];
    if (type === undefined || /^[a-z][a-z0-9+.-]*:|^\/\//i.test(address)) return null;
    const path = resolve(folder, decoded(address));
    const within = relative(folder, path);
    if (within.startsWith("..") || isAbsolute(within)) return null; // a stranger's notebook reads no other files
    try {
      return `data:${type};base64,${readFileSync(path).toString("base64")}`;
    } catch {
      return null; // no such file: its name stays, as a text
    }
  };
}

function attached(bundle: Readonly<Record<string, unknown>> | undefined): string | null {
  for (const [type, data] of Object.entries(bundle ?? {}))
    if (type.startsWith("image/") && typeof data === "string") return dataAddress(type, data);
  return null;
}

/** What a notebook keeps of an image as an address: SVG is text there, all others are base64. */
export const dataAddress = (type: string, data: string): string =>
  `data:${type};base64,${type === "image/svg+xml" ? Buffer.from(data).toString("base64") : data.replace(/\s/g, "")}`;

function decoded(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}
