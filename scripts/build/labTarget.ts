import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { assertSingleCopies } from "./lab/assertSingleCopies.ts";
import { labPackagesModule, readLabPackages } from "./lab/labPackages.ts";
import { labPlugin, themePlugin } from "./lab/labPlugin.ts";
import { describeOutputs } from "./outputs.ts";
import { inRepository, repositoryRoot } from "./repository.ts";
import type { Target } from "./target.ts";

const browserOptions = (plugin: Plugin): BuildOptions => ({
  absWorkingDir: repositoryRoot,
  bundle: true,
  target: "es2022",
  minifyWhitespace: true,
  minifyIdentifiers: true,
  legalComments: "linked",
  logLevel: "silent",
  plugins: [plugin],
  loader: {
    ".svg": "text",
    ".md": "text",
    ".html": "text",
    ".png": "dataurl",
    ".gif": "dataurl",
    ".woff2": "file",
    ".woff": "file",
    ".ttf": "file",
    ".eot": "file",
  },
});

async function buildApplication(packagesModule: string): Promise<string> {
  const { metafile } = await build({
    ...browserOptions(labPlugin(packagesModule)),
    // Plotly stands apart: exported pages carry it too.
    entryPoints: { main: "widgets/lab/main.ts", plotlyView: "widgets/lab/plotlyView.ts" },
    outdir: "dist/lab/static",
    format: "esm",
    splitting: true,
    metafile: true,
    entryNames: "[name]",
    chunkNames: "chunks/[name]-[hash]",
    assetNames: "assets/[name]-[hash]",
    // Some packages ask for these names of Node.
    inject: [inRepository("widgets/lab/workingFolder.ts")],
    define: {
      "process.env.NODE_ENV": '"production"',
      "process.env": "{}",
      "process.cwd": "workingFolder",
      global: "globalThis",
      __dirname: '"/"',
    },
  });
  assertSingleCopies(metafile);
  return describeOutputs(metafile);
}

/** JupyterLab with its plugins, themes and settings schemas, ready to be served without any other host. */
export const labTarget: Target = {
  name: "lab",
  inputs: [
    "scripts/build/labTarget.ts",
    "scripts/build/lab",
    "widgets/lab",
    "widgets/stock/pictureNotes.ts",
    "widgets/stock/pictures.css",
    "widgets/stock/staticPicture.ts",
    "widgets/render/plotly.ts",
    "widgets/offline/savedWidgetState.ts",
    "package.json",
  ],
  outputs: () => [
    "dist/lab/static/main.js",
    "dist/lab/static/main.css",
    "dist/lab/static/plotlyView.js",
    "dist/lab/schemas.json",
    "dist/lab/overrides.json",
    "dist/lab/page.json",
  ],
  async build() {
    const packages = readLabPackages();
    rmSync(inRepository("dist/lab"), { recursive: true, force: true });
    mkdirSync(inRepository("dist/lab"), { recursive: true });
    const summary = await buildApplication(labPackagesModule(packages));
    for (const [name, file] of packages.themes) {
      await build({
        ...browserOptions(themePlugin),
        entryPoints: { index: file },
        outdir: `dist/lab/themes/${name}`,
      });
    }
    writeFileSync(inRepository("dist/lab/schemas.json"), JSON.stringify(packages.schemas));
    for (const name of ["overrides.json", "page.json"]) {
      const text = readFileSync(inRepository("widgets/lab", name), "utf8");
      writeFileSync(inRepository("dist/lab", name), JSON.stringify(JSON.parse(text)));
    }
    return `${summary}, ${Object.keys(packages.schemas).length} settings schemas`;
  },
};
