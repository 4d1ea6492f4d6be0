import { basename } from "node:path";
import { escapeHtml } from "../../kernel/display/escapeHtml.ts";
import { type OfflinePicture, type OfflineView, offlinePage } from "../../widgets/offline/page.ts";
import { viewSource } from "../../widgets/render/viewSource.ts";
import { highlight } from "./highlight.ts";
import { localPictures } from "./localPictures.ts";
import { markdownHtml } from "./markdownHtml.ts";
import { type Alive, outputHtml } from "./outputHtml.ts";
import { PAGE_STYLES } from "./pageStyles.ts";
import type { ShownFigure } from "./plotlyFigures.ts";
import {
  type Bundle,
  foldedLabel,
  isFolded,
  type NotebookCell,
  type ReadNotebook,
} from "./readNotebook.ts";

export interface PageOptions {
  readonly notebook: ReadNotebook;
  /** Each picture that an output shows, by the bundle of the output. */
  readonly pictures: ReadonlyMap<Bundle, OfflinePicture>;
  /** Each Plotly figure, in the same way. */
  readonly figures: ReadonlyMap<Bundle, ShownFigure>;
  /** Lines of the head: where the file comes from. */
  readonly facts: readonly string[];
  /** Whether pictures respond; on paper they cannot. */
  readonly isLive: boolean;
}

/** A notebook as one HTML page that needs no network. */
export function notebookPage({ notebook, pictures, figures, facts, isLive }: PageOptions): string {
  const title = titleOf(notebook);
  const cells = cellsHtml(
    notebook,
    isLive ? { pictures, figures } : { pictures: new Map(), figures: new Map() },
  );
  // A heading of its own only where the notebook has none of the first order.
  const heading = hasTitle(notebook) ? "" : `<h1>${escapeHtml(title)}</h1>\n`;
  const lines = facts.map((fact) => `<p>${escapeHtml(fact)}</p>`).join("\n");
  return offlinePage({
    title,
    styles: PAGE_STYLES,
    body: `<header>\n${heading}${lines}\n</header>\n<main>\n${cells}\n</main>`,
    pictures: isLive ? viewsOf({ pictures, figures }) : [],
    host: viewSource("offline"),
  });
}

/** What responds in a notebook. */
export type Shown = Pick<PageOptions, "pictures" | "figures">;

/** All cells of a notebook as HTML. */
export function cellsHtml(notebook: ReadNotebook, { pictures, figures }: Shown): string {
  const alive: Alive = {
    pictureOf: (data) => pictures.get(data) ?? null,
    figureOf: (data) => figures.get(data) ?? null,
  };
  const cells = notebook.cells.map((cell) => cellHtml(cell, notebook, alive));
  return cells.filter(Boolean).join("\n");
}

/** What a page carries of them, each once. */
export function viewsOf({ pictures, figures }: Shown): OfflineView[] {
  const views = [
    ...pictures.values(),
    ...[...figures.values()].flatMap((figure) => ("view" in figure ? [figure] : [])),
  ];
  return [...new Map(views.map((one) => [one.id, one])).values()];
}

const HEADING = /^#\s+(.+?)\s*#*$/m;

const hasTitle = ({ cells }: ReadNotebook): boolean =>
  cells.some(({ cell_type: type, source }) => type === "markdown" && HEADING.test(source));

/** The first heading of the first order, else the file's name. */
export function titleOf({ cells, path }: ReadNotebook): string {
  const texts = cells.filter(({ cell_type: type }) => type === "markdown");
  const found = texts.map(({ source }) => HEADING.exec(source)?.[1]).find(Boolean);
  return found?.replace(/[*_`]/g, "") ?? basename(path, ".ipynb");
}

function cellHtml(cell: NotebookCell, { path, language }: ReadNotebook, alive: Alive): string {
  if (cell.source.trim() === "" && (cell.outputs ?? []).length === 0) return "";
  if (cell.cell_type === "markdown")
    return `<section class="cell text">\n${markdownHtml(cell.source, localPictures(path, cell))}</section>`;
  if (cell.cell_type === "raw")
    return `<div class="cell"><pre tabindex="0">${escapeHtml(cell.source)}</pre></div>`;
  const code = `<pre class="code" tabindex="0"><code>${highlight(cell.source, language)}</code></pre>`;
  const shown = isFolded(cell)
    ? `<details class="folded"><summary>${foldedLabel(cell.source)}</summary>\n${code}\n</details>`
    : code;
  const outputs = (cell.outputs ?? []).map((output) => outputHtml(output, alive));
  return `<div class="cell">\n${[shown, ...outputs].filter(Boolean).join("\n")}\n</div>`;
}
