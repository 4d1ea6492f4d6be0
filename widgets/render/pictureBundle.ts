import type { MimeBundle } from "../../kernel/display/host.ts";
import { pictureInPage } from "./staticSvg.ts";

/** What stands for a picture where no widget can: an image, the same for pages that take HTML, and text. */
export function pictureBundle(svg: string, text: string): MimeBundle {
  return { "image/svg+xml": svg, "text/html": pictureInPage(svg, text), "text/plain": text };
}
