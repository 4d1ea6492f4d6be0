import { randomUUID } from "node:crypto";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
import type { CellImport } from "./imports.ts";
import type { Scope } from "./scope.ts";

type Namespace = Readonly<Record<string, unknown>>;
type NativeImport = (specifier: string, options?: ImportCallOptions) => Promise<Namespace>;

export interface ImporterOptions {
  /** Folder of the notebook: where bare and relative specifiers start. */
  readonly cwd: string;
  /** URL by name, for modules that every notebook can import. */
  readonly modules: Readonly<Record<string, string>>;
}

/** Loads modules as Node would from a module in the notebook's folder; also `.ts` files, and JSON without attributes. */
export class Importer {
  readonly require: NodeJS.Require;
  readonly #cwd: string;
  readonly #modules: ImporterOptions["modules"];
  readonly #import: NativeImport;
  /** Time of the last change of each local file when it was first imported. */
  readonly #firstSeenMs = new Map<string, number>();

  constructor({ cwd, modules }: ImporterOptions) {
    this.#cwd = cwd;
    this.#modules = modules;
    const script = new Script("(specifier, options) => import(specifier, options)", {
      filename: pathToFileURL(join(cwd, "cell.mjs")).href,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    this.#import = script.runInThisContext() as NativeImport;
    const require = createRequire(join(cwd, "cell.cjs"));
    this.require = Object.assign((id: string): unknown => {
      const url = modules[id];
      return require(url === undefined ? id : fileURLToPath(url));
    }, require) as NodeJS.Require;
  }

  async load(
    specifier: string,
    attributes: Readonly<Record<string, string>> = {},
  ): Promise<Namespace> {
    const known = this.#modules[specifier];
    if (known !== undefined) return this.#import(known);
    const path = this.#localPath(specifier);
    if (path === null || !(await isFile(path))) {
      const options = Object.keys(attributes).length > 0 ? { with: attributes } : undefined;
      return this.#import(specifier, options as ImportCallOptions | undefined);
    }
    switch (extname(path)) {
      case ".json":
        return { default: JSON.parse(await readFile(path, "utf8")) as unknown };
      case ".ts":
      case ".mts":
      case ".tsx":
        return this.#loadTypeScript(path);
      default:
        return this.#import(await this.#freshUrl(path));
    }
  }

  /** Loads one static import and puts its bindings on the scope. */
  async bind({ specifier, attributes, bindings }: CellImport, scope: Scope): Promise<void> {
    const namespace = await this.load(specifier, attributes);
    for (const { imported, local } of bindings) {
      if (imported === "*") {
        scope[local] = namespace;
        continue;
      }
      const holder = [namespace, namespace.default].find(
        (candidate): candidate is Namespace =>
          (typeof candidate === "object" || typeof candidate === "function") &&
          candidate !== null &&
          imported in candidate,
      );
      // A name the module lacks is a type, or a mistake that shows when it is used.
      if (holder === undefined) delete scope[local];
      else scope[local] = holder[imported];
    }
  }

  #localPath(specifier: string): string | null {
    if (specifier.startsWith("file:")) return fileURLToPath(specifier);
    if (/^\.\.?[/\\]/.test(specifier) || isAbsolute(specifier))
      return resolve(this.#cwd, specifier);
    return null;
  }

  /** A file that was edited since it was first imported gets a new URL, and so is loaded again. */
  async #freshUrl(path: string): Promise<string> {
    const { href } = pathToFileURL(path);
    const { mtimeMs } = await stat(path);
    const first = this.#firstSeenMs.get(path);
    if (first === undefined) this.#firstSeenMs.set(path, mtimeMs);
    return first === undefined || first === mtimeMs ? href : `${href}?modified=${mtimeMs}`;
  }

  /** Bundles the file with what it imports relatively, beside itself so that packages resolve from there. */
  async #loadTypeScript(path: string): Promise<Namespace> {
    const { build } = await import("esbuild");
    const output = join(dirname(path), `.${basename(path)}.${randomUUID()}.mjs`);
    const modules = this.#modules;
    const result = await build({
      entryPoints: [path],
      bundle: true,
      packages: "external",
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: "inline",
      write: false,
      logLevel: "silent",
      plugins: [
        {
          name: "notebook-modules",
          setup(pluginBuild) {
            pluginBuild.onResolve({ filter: /^[^./]/ }, ({ path: name }) => {
              const url = modules[name];
              return url === undefined ? undefined : { path: url, external: true };
            });
          },
        },
      ],
    });
    await writeFile(output, result.outputFiles[0]?.text ?? "");
    try {
      return await this.#import(pathToFileURL(output).href);
    } finally {
      await rm(output, { force: true });
    }
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
