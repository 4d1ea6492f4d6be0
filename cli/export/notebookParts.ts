import { OFFLINE_STYLES, type OfflineView } from "../../widgets/offline/page.ts";
import { packageVersion } from "../packageVersion.ts";
import { aboutPictures } from "./aboutPictures.ts";
import { factsOf } from "./facts.ts";
import { cellsHtml, titleOf, viewsOf } from "./notebookPage.ts";
import { PAGE_STYLES } from "./pageStyles.ts";
import { picturesOf } from "./picturesOf.ts";
import { plotlyFigures } from "./plotlyFigures.ts";
import { readNotebook } from "./readNotebook.ts";

/** What a page of a site shows of a notebook; its code and its frame are the site's. */
export interface NotebookParts {
  readonly title: string;
  /** The cells as HTML, with places for the pictures. */
  readonly html: string;
  readonly pictures: readonly OfflineView[];
  /** Sentences: versions, models, weights. */
  readonly facts: readonly string[];
}

/** Style rules that the parts need. */
export const NOTEBOOK_STYLES = `${OFFLINE_STYLES}\n${PAGE_STYLES}\n`;

/** Reads a notebook that was run and saved. @throws InputError ERR_INPUT as `readNotebook` */
export async function notebookParts(path: string, date: Date): Promise<NotebookParts> {
  const notebook = await readNotebook(path);
  const shown = { pictures: picturesOf(notebook), figures: await plotlyFigures(notebook) };
  const about = aboutPictures([...shown.pictures.values()]);
  const exportedBy = packageVersion();
  return {
    title: titleOf(notebook),
    html: cellsHtml(notebook, shown),
    pictures: viewsOf(shown),
    facts: factsOf({ notebook, about, weights: new Map(), exportedBy, date }),
  };
}
