import { copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { MANIFEST, MODEL_FILES, type ModelManifest } from "../../site/modelFiles.ts";
import { PICTURES } from "../../site/pictures.ts";
import { inRepository, repositoryRoot } from "../build/repository.ts";
import { insteadPlugin } from "./insteadPlugin.ts";

/** The model that the page carries: the default one with weights in 8 bits, 9 MB. */
const MODEL = "tiny-fp8";

/** A page for a static host: it needs no answers but files. */
const COMMON: BuildOptions = {
  absWorkingDir: repositoryRoot,
  bundle: true,
  platform: "browser",
  target: "es2022",
  minify: true,
  legalComments: "none",
  logLevel: "silent",
};

/**
 * Writes the live page into a folder: index.html, the page's code, its worker, the views of its pictures, the script for
 * other pages, and the model. What was in the folder's `live` before is gone.
 * @param out the site's folder; the page lies in `live` below it
 * @throws Error if the kernels of the cpu backend were not built: `npm run build`
 */
export async function writeLive(out: string): Promise<void> {
  const folder = join(out, "live");
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "model"), { recursive: true });
  await Promise.all([
    build({
      ...COMMON,
      format: "esm",
      splitting: true,
      entryPoints: {
        live: "site/page/main.ts",
        ...Object.fromEntries(
          PICTURES.map(({ name }) => [`views/${name}`, `widgets/${name}/view.ts`]),
        ),
      },
      outdir: folder,
      chunkNames: "views/shared-[hash]",
      loader: { ".css": "text" },
    }),
    build({
      ...COMMON,
      format: "iife",
      entryPoints: { worker: "site/worker/main.ts" },
      outdir: folder,
      loader: { ".wgsl": "text" },
      plugins: [insteadPlugin],
      define: {
        VITRINE_VERSION: JSON.stringify(await version()),
        "process.env.VITRINE_KEPT_BYTES": '"0"', // the worker answers as long as the page is there
      },
    }),
    build({
      ...COMMON,
      format: "iife",
      entryPoints: { embed: "site/embed/main.ts" },
      outdir: folder,
    }),
    copyFile(inRepository("site/page/index.html"), join(folder, "index.html")),
    copyFile(inRepository("site/page/style.css"), join(folder, "style.css")),
    writeModel(join(folder, "model")),
  ]);
}

async function writeModel(folder: string): Promise<void> {
  const source = inRepository("models", MODEL);
  const checkpoint = await openCheckpoint(source, MODEL);
  await checkpoint.close();
  const sizes = await Promise.all(
    MODEL_FILES.map(async (file) => {
      await copyFile(join(source, file), join(folder, file));
      return [file, (await stat(join(source, file))).size] as const;
    }),
  );
  const files = Object.fromEntries(sizes) as ModelManifest["files"];
  const manifest: ModelManifest = { name: checkpoint.name, hash: checkpoint.hash, files };
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function version(): Promise<string> {
  const text = await readFile(inRepository("package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
