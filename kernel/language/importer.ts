import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
import type { CellImport } from "./imports.ts";
import { isFile, LocalModules } from "./localModules.ts";
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
  readonly #local: LocalModules;

  constructor({ cwd, modules }: ImporterOptions) {
    this.#cwd = cwd;
    this.#modules = modules;
    const script = new Script("(specifier, options) => import(specifier, options)", {
      filename: pathToFileURL(join(cwd, "cell.mjs")).href,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    this.#import = script.runInThisContext() as NativeImport;
    this.#local = new LocalModules({ cwd, modules, load: (url) => this.#import(url) });
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
    if (path === null || !isFile(path)) {
      const options = Object.keys(attributes).length > 0 ? { with: attributes } : undefined;
      return this.#import(specifier, options as ImportCallOptions | undefined);
    }
    switch (extname(path)) {
      case ".json":
        return { default: JSON.parse(await readFile(path, "utf8")) as unknown };
      case ".node":
      case ".wasm":
        return this.#import(pathToFileURL(path).href);
      default:
        return this.#local.load(path);
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
}
