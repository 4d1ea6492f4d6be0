import type { Plugin } from "esbuild";
import { inRepository } from "../build/repository.ts";

/** Sources that need Node, with what stands in their place in the live page's worker. */
const INSTEAD: Readonly<Record<string, string>> = {
  "widgets/render/viewSource.ts": "viewSource",
  "widgets/render/packageRoot.ts": "packageRoot",
  "widgets/render/save/pictureHtml.ts": "pictureHtml",
  "widgets/render/save/savePicture.ts": "savePicture",
  "widgets/stepper/condition.ts": "condition",
};

/** What has a browser's version of its own takes that; any other import of Node's fails the build by name. */
export const insteadPlugin: Plugin = {
  name: "instead",
  setup({ onLoad, onResolve }) {
    const instead = (name: string): string => inRepository("site/worker/instead", `${name}.ts`);
    onResolve({ filter: /^node:util$/ }, () => ({ path: instead("nodeUtil") }));
    for (const [source, name] of Object.entries(INSTEAD)) {
      const escaped = inRepository(source).replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
      onLoad({ filter: new RegExp(`^${escaped}$`) }, () => ({
        contents: `export * from ${JSON.stringify(instead(name))};`,
        loader: "ts",
        resolveDir: inRepository("."),
      }));
    }
  },
};
