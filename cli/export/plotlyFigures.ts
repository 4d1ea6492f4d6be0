import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { isPlotlyFigure, PLOTLY_MIME } from "../../kernel/display/plotlyFigure.ts";
import type { OfflineView } from "../../widgets/offline/page.ts";
import { packageRoot } from "../../widgets/render/packageRoot.ts";
import type { Bundle, ReadNotebook } from "./readNotebook.ts";

/** A Plotly figure of an output: alive in the page, or why it is not. */
export type ShownFigure = OfflineView | { readonly refusal: string };

const VIEW = "plotly";

/** Traces that cannot be drawn in a page that asks no network and lets no text become code, and why. */
const REFUSED: readonly (readonly [type: RegExp, why: string])[] = [
  [/^(scatter|choropleth|density)(geo|map|mapbox)$|^choropleth$/, "takes its map from the network"],
  [/gl$|^parcoords$|^splom$/, "makes code while it draws, which this page forbids"],
];

/** The figures that outputs show, by the bundle of the output; the library is read where one of them can be drawn. */
export async function plotlyFigures(notebook: ReadNotebook): Promise<Map<Bundle, ShownFigure>> {
  const bundles = notebook.cells
    .flatMap(({ outputs = [] }) => outputs)
    .flatMap(({ data }) => (data !== undefined && PLOTLY_MIME in data ? [data] : []));
  const refusals = bundles.map((data) => refusalOf(data[PLOTLY_MIME]));
  const esm = refusals.includes(null) ? await plotlyView() : "";
  return new Map(
    bundles.map((data, i): [Bundle, ShownFigure] => {
      const refusal = refusals[i] ?? null;
      const figure = { figure: data[PLOTLY_MIME] };
      const shown = { id: `${VIEW}-${i + 1}`, view: VIEW, esm, state: figure };
      return [data, refusal === null ? { ...shown, kept: new Uint8Array(0) } : { refusal }];
    }),
  );
}

/** Why a figure cannot be drawn in a page without the network; null where it can. */
function refusalOf(figure: unknown): string | null {
  if (!isPlotlyFigure({ layout: {}, ...(figure as object) }))
    return "A Plotly figure that this page does not draw: it has no list of traces. Run the cell again.";
  const { data } = figure as { readonly data: readonly { readonly type?: unknown }[] };
  for (const type of data.map((trace) => String(trace.type)))
    for (const [refused, why] of REFUSED)
      if (refused.test(type))
        return `A Plotly figure that this page does not draw: ${type} ${why}. Open the notebook to see it, or show a picture of it.`;
  return null;
}

/** Plotly with what draws a figure in such a page, as one module: the workspace has both in parts. @throws Error if it was not built */
async function plotlyView(): Promise<string> {
  const folder = join(packageRoot(), "dist", "lab", "static");
  const { outputFiles, metafile } = await build({
    ...{ absWorkingDir: folder, entryPoints: ["plotlyView.js"], bundle: true, write: false },
    ...{ format: "esm", target: "es2022", minifyWhitespace: true, logLevel: "silent" },
    ...{ legalComments: "none", metafile: true },
  }).catch((cause: unknown) => {
    throw new Error(
      `export: expected the workspace's code of Plotly in ${folder}, got none that can be joined. Run "npm run build" in the package's folder.`,
      { cause },
    );
  });
  const licences = Object.keys(metafile.inputs).map((path) => licencesOf(join(folder, path)));
  return `/*\n${licences.join("")}*/\n${outputFiles[0]?.text ?? ""}`;
}

/** What licences want to stand with each copy of a file's code; the build wrote it beside the file. */
function licencesOf(path: string): string {
  const beside = `${path}.LEGAL.txt`;
  return existsSync(beside) ? readFileSync(beside, "utf8").replaceAll("*/", "* /") : "";
}
