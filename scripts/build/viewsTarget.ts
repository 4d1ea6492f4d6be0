import { existsSync, readdirSync } from "node:fs";
import { build } from "esbuild";
import { describeOutputs } from "./outputs.ts";
import { inRepository, repositoryRoot } from "./repository.ts";
import type { Target } from "./target.ts";

const viewNames = (): string[] =>
  readdirSync(inRepository("widgets")).filter((name) =>
    existsSync(inRepository("widgets", name, "view.ts")),
  );

/** The pictures' browser code: one self-contained module each, because a widget carries its code as text. */
export const viewsTarget: Target = {
  name: "views",
  inputs: [
    "scripts/build/viewsTarget.ts",
    "widgets",
    "engine/trace/schema.ts",
    "engine/price",
    "engine/base",
  ],
  ignore: (path) => /^widgets\/(lab|stock)/.test(path),
  outputs: () => viewNames().map((name) => `dist/views/${name}.js`),
  async build() {
    const { metafile } = await build({
      absWorkingDir: repositoryRoot,
      entryPoints: Object.fromEntries(viewNames().map((name) => [name, `widgets/${name}/view.ts`])),
      outdir: "dist/views",
      bundle: true,
      format: "esm",
      platform: "browser",
      target: "es2022",
      minify: true,
      loader: { ".css": "text" },
      metafile: true,
      logLevel: "silent",
    });
    return describeOutputs(metafile);
  },
};
