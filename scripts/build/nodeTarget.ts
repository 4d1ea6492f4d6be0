import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { describeOutputs, removeStale } from "./outputs.ts";
import { repositoryRoot } from "./repository.ts";
import type { Target } from "./target.ts";

/** Name in dist/ to source. Threads load their own entry by its name beside the file that starts them. */
const entryPoints: Record<string, string> = {
  index: "engine/index.node.ts",
  widgets: "widgets/index.ts",
  cli: "cli/main.ts",
  kernel: "kernel/main.ts",
  "kernel-worker": "kernel/transport/worker.ts",
  "json-process": "kernel/server/json/jsonMain.ts",
  tslab: "kernel/display/tslab.ts",
  stamp: "scripts/build/buildStamp.ts",
};

/** Packages of which the code here needs a small part: that part is taken in. */
const TAKEN_IN = ["hyparquet", "hyparquet-writer", "marked", "yaml"];

/** Where a package's ES modules lie, if its entry for Node is none. */
const MODULES: Readonly<Record<string, string>> = { yaml: "browser/index.js" };

function entryOf(path: string): string {
  const module = MODULES[path];
  const url = import.meta.resolve(module === undefined ? path : `${path}/package.json`);
  return fileURLToPath(module === undefined ? url : new URL(module, url));
}

/** Resolves a package before all packages are left outside. */
const takeIn: Plugin = {
  name: "take-in",
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^(${TAKEN_IN.join("|")})(/|$)`) }, ({ path }) => ({
      path: entryOf(path),
      sideEffects: false,
    }));
  },
};

/** What runs in Node: ES modules that share chunks, with packages left outside. */
export const nodeTarget: Target = {
  name: "node",
  inputs: [
    "scripts/build/nodeTarget.ts",
    "scripts/build/buildStamp.ts",
    "engine",
    "kernel",
    "serve",
    "widgets",
    "cli",
    "package.json",
  ],
  ignore: (path) => /^widgets\/(lab|stock)/.test(path),
  after: ["wasm"],
  outputs: () => Object.keys(entryPoints).map((name) => `dist/${name}.js`),
  async build() {
    const { metafile } = await build({
      absWorkingDir: repositoryRoot,
      entryPoints,
      outdir: "dist",
      bundle: true,
      format: "esm",
      splitting: true,
      // Chunks lie beside the entry points: `new URL(name, import.meta.url)` means the same in both.
      chunkNames: "chunk-[hash]",
      platform: "node",
      target: "node20",
      packages: "external",
      alias: { fs: "node:fs" }, // as packages that are taken in name it
      plugins: [takeIn],
      sourcemap: true,
      // A map names its sources, which lie beside it in a clone; with their text it would be the largest file of the package.
      sourcesContent: false,
      keepNames: true,
      // A third of the bytes are indentation. Node prints the line of an error that nobody caught, so that lines stay short.
      minifyWhitespace: true,
      lineLimit: 160,
      loader: { ".wgsl": "text" },
      metafile: true,
      logLevel: "silent",
    });
    removeStale("dist", /^chunk-.*\.js(\.map)?$/, metafile);
    return describeOutputs(metafile);
  },
};
