import type { OfflinePicture } from "../../widgets/offline/page.ts";
import type { Bundle, ReadNotebook } from "./readNotebook.ts";
import { savedPictures } from "./savedPictures.ts";

/** The pictures that outputs show, by the bundle of the output. */
export function picturesOf(notebook: ReadNotebook): Map<Bundle, OfflinePicture> {
  const find = savedPictures(notebook);
  const found = new Map<Bundle, OfflinePicture>();
  for (const { data } of notebook.cells.flatMap(({ outputs = [] }) => outputs)) {
    const picture = data === undefined ? null : find(data);
    if (data !== undefined && picture !== null) found.set(data, picture);
  }
  return found;
}
