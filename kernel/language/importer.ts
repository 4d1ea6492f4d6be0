import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire, isBuiltin } from "node:module";
import { dirname, extname, isAbsolute, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
import { KernelError } from "../errors.ts";
import { foreignSpecifier } from "./foreignSpecifier.ts";
import type { CellImport } from "./imports.ts";
import { LocalModules } from "./localModules.ts";
import { type Scope, withhold } from "./scope.ts";

type Namespace = Readonly<Record<string, unknown>>;
type NativeImport = (specifier: string, options?: ImportCallOptions) => Promise<Namespace>;
type Attributes = Readonly<Record<string, string>>;

export interface ImporterOptions {
  /** Folder of the notebook: where bare and relative specifiers start. */
  readonly cwd: string;
  /** URL by name, for modules that every notebook can import. */
  readonly modules: Readonly<Record<string, string>>;
}

/**
 * Loads modules as Node would from a module in the notebook's folder; also what TypeScript finds there (`./a` for `a.ts`,
 * `paths` of a tsconfig.json), WebAssembly, text, and JSON without attributes.
 */
export class Importer {
  readonly require: NodeJS.Require;
  readonly #cwd: string;
  readonly #modules: ImporterOptions["modules"];
  readonly #native: NativeImport;
  /** What is being loaded, and what never will be. */
  readonly #loading = new Set<string>();
  readonly #cut = new Set<string>();
  readonly #local: LocalModules;

  constructor({ cwd, modules }: ImporterOptions) {
    this.#cwd = cwd;
    this.#modules = modules;
    const script = new Script("(specifier, options) => import(specifier, options)", {
      filename: pathToFileURL(join(cwd, "cell.mjs")).href,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    this.#native = script.runInThisContext() as NativeImport;
    this.#local = new LocalModules({ cwd, modules, load: (url) => this.#import(url) });
    const require = createRequire(join(cwd, "cell.cjs"));
    this.require = Object.assign((id: string): unknown => {
      const url = modules[id];
      return require(url === undefined ? id : fileURLToPath(url));
    }, require) as NodeJS.Require;
  }

  /** @throws KernelError ERR_IMPORT with what to do instead, for what no loader here reads */
  async load(specifier: string, attributes: Attributes = {}): Promise<Namespace> {
    const known = this.#modules[specifier];
    if (known !== undefined) return this.#import(known);
    const foreign = foreignSpecifier(specifier);
    if (foreign !== null) throw new KernelError("ERR_IMPORT", foreign);
    const path = await this.#localPath(specifier);
    if (path !== null) return this.#loadFile(specifier, path, attributes);
    const options = Object.keys(attributes).length > 0 ? { with: attributes } : undefined;
    return this.#import(specifier, options as ImportCallOptions | undefined);
  }

  /** To be called when user code was terminated: modules may have been in the middle of their run, which Node does not know. */
  forgetUnfinished(): void {
    for (const specifier of this.#loading) this.#cut.add(specifier);
    this.#local.forgetUnfinished();
    for (const [path, module] of Object.entries(this.require.cache)) {
      if (module?.loaded === false) delete this.require.cache[path];
    }
  }

  async #import(specifier: string, options?: ImportCallOptions): Promise<Namespace> {
    if (this.#cut.has(specifier)) {
      throw new KernelError(
        "ERR_IMPORT",
        `import ${specifier}: expected a module that Node can run, got one whose run an interrupt ended, which Node does not start again. Restart the kernel, or edit the file if it is one of the notebook's.`,
      );
    }
    this.#loading.add(specifier);
    try {
      return await this.#native(specifier, options);
    } finally {
      this.#loading.delete(specifier);
      this.#cut.delete(specifier); // it went on after all
    }
  }

  /** Loads one static import and puts its bindings on the scope. */
  async bind({ specifier, attributes, bindings }: CellImport, scope: Scope): Promise<void> {
    const [first] = bindings;
    if (first?.imported === "=") {
      scope[first.local] = await this.#required(specifier);
      return;
    }
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
      if (holder !== undefined) scope[local] = holder[imported];
      else withhold(scope, local, `The module '${specifier}' does not export '${imported}'`);
    }
  }

  async #loadFile(specifier: string, path: string, attributes: Attributes): Promise<Namespace> {
    const extension = extname(path);
    const type = attributes.type ?? { ".json": "json", ".txt": "text" }[extension];
    if (type === "json") return { default: JSON.parse(await readFile(path, "utf8")) as unknown };
    if (type === "text") return { default: withoutMark(await readFile(path, "utf8")) };
    if (type === "bytes") return { default: new Uint8Array(await readFile(path)) };
    const refuse = (expected: string, got: string, fix: string): KernelError =>
      new KernelError(
        "ERR_IMPORT",
        `import ${JSON.stringify(specifier)}: expected ${expected}, got ${got}. ${fix}`,
      );
    if (type !== undefined) {
      const fix = "Import it with one of these.";
      throw refuse(`"json", "text" or "bytes" as type`, JSON.stringify(type), fix);
    }
    if (extension === ".node") return { default: this.require(path) };
    if (!/^\.([cm]?[jt]sx?|wasm)$/.test(extension)) {
      const fix = `Import its text with { type: "text" } behind the name, or its bytes with { type: "bytes" }.`;
      const got = extension === "" ? "a file without an ending" : `a file of the kind ${extension}`;
      throw refuse("a module", got, fix);
    }
    return this.#local.load(path);
  }

  /** What `import name = require(specifier)` gives: what `require` does, or the whole module where that cannot read it. */
  async #required(specifier: string): Promise<unknown> {
    const path = this.#modules[specifier] === undefined ? await this.#localPath(specifier) : null;
    if (path !== null && !/\.(c?js|json|node)$/.test(path)) return this.load(specifier);
    try {
      return this.require(path ?? specifier) as unknown;
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code !== "ERR_REQUIRE_ESM") throw error;
      return this.load(specifier);
    }
  }

  /** The file that is meant; null for a package, and for a file that is not there. */
  async #localPath(specifier: string): Promise<string | null> {
    if (specifier.startsWith("file:")) return this.#local.resolve(fileURLToPath(specifier));
    const isPath = /^\.{1,2}([/\\]|$)/.test(specifier) || isAbsolute(specifier);
    const isAlias = !isPath && !isBuiltin(specifier) && hasProject(this.#cwd);
    return isPath || isAlias ? this.#local.resolve(specifier) : null;
  }
}

/** Whether there may be a tsconfig.json with names for paths. */
function hasProject(folder: string): boolean {
  const names = ["tsconfig.json", "jsconfig.json"];
  if (names.some((name) => existsSync(join(folder, name)))) return true;
  const parent = dirname(folder);
  return parent !== folder && hasProject(parent);
}

function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
