import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { inRepository, repositoryRoot } from "../build/repository.ts";
import { placesInSources } from "./placesInSources.ts";

/** `scripts/typescript/register.mjs` knows the files below it by this path: they are JavaScript. */
const FOLDER = ".vitrine/bundled";

/** Test files as JavaScript, for as long as this process lives. */
export interface BundledTests {
  /** Absolute path of the JavaScript of a test file. @param path from the root of the repository */
  programOf(path: string): string;
  /** A text with the places of the sources where it has those of the JavaScript. */
  inSources(text: string): string;
}

/** What a source reads as `import.meta.url` stays its own URL: paths and packages are found from there. */
const keepOwnUrl: Plugin = {
  name: "own url",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.m?[jt]s$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (!source.includes("import.meta.url")) return null;
      const own = `const ownUrl = ${JSON.stringify(pathToFileURL(path).href)};`;
      return { contents: `${own} ${source}`, loader: path.endsWith("ts") ? "ts" : "js" }; // lines stay lines
    }),
};

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The folder of this process, where those of processes that were killed are gone. */
function ownFolder(): string {
  const all = inRepository(FOLDER);
  mkdirSync(all, { recursive: true });
  for (const name of readdirSync(all))
    if (name === `${process.pid}` || !isRunning(Number(name)))
      rmSync(join(all, name), { recursive: true, force: true });
  const own = join(all, `${process.pid}`);
  process.once("exit", () => rmSync(own, { recursive: true, force: true }));
  return own;
}

/**
 * Functions that a test has a browser run are sent there as text, where the helper that keeps names is not; everywhere else classes
 * and functions are called what their sources call them.
 */
const isSentToPages = (path: string): boolean => path.startsWith("test/browser/");

async function bundle(files: readonly string[], folder: string, keepNames: boolean): Promise<void> {
  await build({
    absWorkingDir: repositoryRoot,
    entryPoints: [...files],
    outbase: repositoryRoot,
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[hash]",
    format: "esm",
    platform: "node",
    target: "es2023",
    packages: "external",
    keepNames,
    define: { "import.meta.url": "ownUrl" },
    plugins: [keepOwnUrl],
    sourcemap: "external",
    sourcesContent: false,
    logLevel: "silent", // it throws
  });
}

/**
 * Joins the test files and their sources to few files of JavaScript: to find, read and compile the 300 sources of the engine one
 * by one takes a process four times as long.
 * @param files paths from the root of the repository
 * @throws Error naming the place where a source is no TypeScript
 */
export async function bundleTests(files: readonly string[]): Promise<BundledTests> {
  const folder = ownFolder();
  await bundle(files.filter(isSentToPages), folder, false);
  await bundle(
    files.filter((path) => !isSentToPages(path)),
    folder,
    true,
  );
  return {
    programOf: (path) => resolve(folder, path.replace(/\.ts$/, ".js")),
    inSources: placesInSources(folder),
  };
}
