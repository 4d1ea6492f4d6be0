import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { inRepository, repositoryRoot } from "./repository.ts";
import type { Target } from "./target.ts";

const FOLDER = "dist/labextension";

const { version } = JSON.parse(readFileSync(inRepository("package.json"), "utf8")) as {
  version: string;
};

/**
 * The extension that `vitrine install` puts beside the kernel, as a stock JupyterLab and Notebook 7 read prebuilt ones: a package.json that
 * names one script, by its content, since browsers keep it.
 */
export const stockTarget: Target = {
  name: "stock",
  inputs: [
    "scripts/build/stockTarget.ts",
    "widgets/stock",
    "widgets/offline/pageModel.ts",
    "widgets/offline/savedWidgetState.ts",
    "widgets/offline/stateModel.ts",
    "widgets/render/importView.ts",
    "package.json",
  ],
  outputs: () => [`${FOLDER}/package.json`],
  async build() {
    const { outputFiles } = await build({
      absWorkingDir: repositoryRoot,
      entryPoints: ["widgets/stock/main.ts"],
      bundle: true,
      format: "iife",
      platform: "browser",
      target: "es2022",
      minify: true,
      loader: { ".css": "text" },
      write: false,
      logLevel: "silent",
    });
    const code = outputFiles[0]?.contents ?? new Uint8Array(0);
    const hash = createHash("sha256").update(code).digest("hex").slice(0, 16);
    const load = `static/remoteEntry.${hash}.js`;
    rmSync(inRepository(FOLDER), { recursive: true, force: true });
    mkdirSync(inRepository(FOLDER, "static"), { recursive: true });
    writeFileSync(inRepository(FOLDER, load), code);
    const manifest = {
      name: "vitrine-pictures",
      version,
      description: "Saved pictures of Vitrine respond before a kernel runs.",
      license: "Apache-2.0",
      jupyterlab: { extension: true, _build: { load, extension: "./extension" } },
    };
    writeFileSync(inRepository(FOLDER, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    return `1 script, ${(code.length / 1000).toFixed(1)} kB`;
  },
};
