import { InputError } from "../../engine/base/errors.ts";
import type { OfflinePicture } from "../../widgets/offline/page.ts";
import { packageVersion } from "../packageVersion.ts";
import { aboutPictures } from "./aboutPictures.ts";
import { factsOf } from "./facts.ts";
import { fitPictures } from "./fitPictures.ts";
import { hashWeights } from "./hashWeights.ts";
import { notebookMarkdown } from "./notebookMarkdown.ts";
import { notebookPage } from "./notebookPage.ts";
import { printPdf } from "./pdf.ts";
import { picturesOf } from "./picturesOf.ts";
import { plotlyFigures, type ShownFigure } from "./plotlyFigures.ts";
import { type Bundle, type ReadNotebook, readNotebook } from "./readNotebook.ts";
import { writeFiles } from "./writeFiles.ts";

export type Format = "html" | "md" | "pdf";

export interface ExportOptions {
  readonly to: Format;
  /** The file to write. */
  readonly out: string;
  /** Most bytes of an HTML page. */
  readonly maxBytes: number;
  /** Models whose weights are read whole and hashed. */
  readonly hashWeights: readonly string[];
  readonly signal: AbortSignal;
}

/** What was written. */
export interface Exported {
  readonly bytes: number;
  /** Pictures and figures that respond. */
  readonly live: number;
  /** Kept answers in the file, and in the notebook. */
  readonly answers: number;
  readonly of: number;
}

/** Writes a notebook as a page, a text or a document. @throws as its parts do; then nothing was written */
export async function exportNotebook(path: string, options: ExportOptions): Promise<Exported> {
  const { to, out, signal } = options;
  const notebook = await readNotebook(path);
  const pictures = picturesOf(notebook);
  const about = aboutPictures([...pictures.values()]);
  const weights = await hashWeights(options.hashWeights, about.models, signal);
  const exportedBy = packageVersion();
  const facts = factsOf({ notebook, about, weights, exportedBy, date: new Date() });
  if (to === "html") return exportHtml(notebook, pictures, facts, options);
  const files =
    to === "md"
      ? notebookMarkdown(notebook, facts, out)
      : new Map([[out, await printPdf(stillPage(notebook, facts), signal)]]);
  await writeFiles(files);
  const bytes = [...files.values()].reduce((sum, content) => sum + Buffer.byteLength(content), 0);
  return { bytes, live: 0, answers: 0, of: 0 };
}

async function exportHtml(
  notebook: ReadNotebook,
  pictures: ReadonlyMap<Bundle, OfflinePicture>,
  facts: readonly string[],
  { out, maxBytes }: ExportOptions,
): Promise<Exported> {
  const bundles = [...pictures.keys()];
  const fit = (figures: ReadonlyMap<Bundle, ShownFigure>) =>
    fitPictures([...pictures.values()], maxBytes, (fitted, leftOut) =>
      notebookPage({
        notebook,
        pictures: new Map(fitted.map((picture, i) => [bundles[i] as Bundle, picture])),
        figures,
        facts: leftOut === 0 ? facts : [...facts, cutFact(leftOut, maxBytes)],
        isLive: true,
      }),
    );
  const drawn = await plotlyFigures(notebook);
  const { figures, fitted } = await fit(drawn)
    .then((whole) => ({ figures: drawn, fitted: whole }))
    .catch(async (error: unknown) => {
      if (![...drawn.values()].some(isDrawn) || !isTooLong(error)) throw error;
      const left = withoutPlotly(drawn, maxBytes);
      return { figures: left, fitted: await fit(left) };
    });
  const { html, answers, of } = fitted;
  await writeFiles(new Map([[out, html]]));
  const live = pictures.size + [...figures.values()].filter(isDrawn).length;
  return { bytes: Buffer.byteLength(html), live, answers, of };
}

const isDrawn = (figure: ShownFigure): boolean => "view" in figure;

const isTooLong = (error: unknown): boolean =>
  error instanceof InputError && error.code === "ERR_SIZE";

/** The same figures, none of them drawn. */
function withoutPlotly(
  figures: ReadonlyMap<Bundle, ShownFigure>,
  maxBytes: number,
): Map<Bundle, ShownFigure> {
  const refusal = `A Plotly figure. With the code that draws it this file would have more than ${maxBytes.toLocaleString("en")} bytes: export with a larger --max-size, or open the notebook to see it.`;
  const entries = [...figures].map(([data, figure]): [Bundle, ShownFigure] => [
    data,
    isDrawn(figure) ? { refusal } : figure,
  ]);
  return new Map(entries);
}

const cutFact = (leftOut: number, maxBytes: number): string =>
  `To stay within ${maxBytes.toLocaleString("en")} bytes this file leaves out ${leftOut.toLocaleString("en")} of the answers that the notebook holds, the finest of each picture: pictures show coarser tiles, or say what is not here.`;

const stillPage = (notebook: ReadNotebook, facts: readonly string[]): string =>
  notebookPage({ notebook, pictures: new Map(), figures: new Map(), facts, isLive: false });
