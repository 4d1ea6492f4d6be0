import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Metafile, Plugin } from "esbuild";
import { foreignSpecifier } from "./foreignSpecifier.ts";
import { loadBuild } from "./localBuild.ts";
import { registerScript } from "./stackTrace.ts";
import { wasmAsModule } from "./wasmModule.ts";

type Namespace = Readonly<Record<string, unknown>>;

export interface LocalModulesOptions {
  /** Folder of the notebook: stack traces name files as seen from there. */
  readonly cwd: string;
  /** URL by name, for modules that every notebook can import. */
  readonly modules: Readonly<Record<string, string>>;
  readonly load: (url: string) => Promise<Namespace>;
}

interface LocalFile {
  readonly path: string;
  /** Local files it imports, directly or not, and itself. */
  readonly reaches: Set<string>;
  readonly imports: readonly { readonly path: string; readonly isDynamic: boolean }[];
  /** JSON, text and bytes become part of the module that imports them. */
  readonly isData: boolean;
  /** Whether Node 20 reads it as it is and finds what it imports. */
  readonly isNative: boolean;
}

type Inputs = Readonly<Metafile["inputs"]>;

/** Code that Node reads as it is. */
const NATIVE = new Set([".js", ".mjs", ".cjs"]);
/** What a file that is imported as data has behind its name in esbuild's list. */
const DATA_SUFFIX = / with \{ type: '(?:text|bytes|json)' \}$/;
/** What a path may leave out, in the compiler's order. */
const EXTENSIONS = [".ts", ".tsx", ".js", ".jsx", ".json"];

/**
 * Loads local files and the local files they import, each once for as long as none of them is edited: two cells that
 * import the same file, or files that share one, have the same module. A file that was edited is loaded anew, and so are
 * the files that import it.
 *
 * Node gives one module for each URL. So a file that Node cannot read as it is, or that was edited since Node read it, is
 * translated into a file beside it whose name holds a hash of all it depends on, from where packages resolve as from
 * the original; it is removed as soon as Node has it.
 */
export class LocalModules {
  readonly #options: LocalModulesOptions;
  /** Modules by the URL that was imported. */
  readonly #loaded = new Map<string, Promise<Namespace>>();
  /** Files written for the modules that are being loaded, by their URL. */
  readonly #loading = new Map<string, readonly string[]>();
  /** Hash of what a file of plain JavaScript depended on when Node first read it under its own URL. */
  readonly #native = new Map<string, string>();
  /** Files to remove when the process ends, since they are imported only when their importer asks. */
  readonly #left = new Set<string>();

  constructor(options: LocalModulesOptions) {
    this.#options = options;
  }

  /**
   * The file that a specifier in a cell means, found as those in local files are: `./a` is `a.ts`, `./a.js` may be, `./dir`
   * is `dir/index.ts`, and `paths` of the nearest tsconfig.json count. Null for packages and for what is not there.
   */
  async resolve(specifier: string): Promise<string | null> {
    const { cwd } = this.#options;
    const build = loadBuild((path) => labelOf(path, cwd));
    let found: string | null = null;
    const asked: Plugin = {
      name: "asked",
      setup(setup) {
        setup.onStart(async () => {
          const { path, external, errors, namespace, suffix } = await setup.resolve(specifier, {
            kind: "import-statement",
            resolveDir: cwd,
          });
          // What a question mark asks for is Node's to know.
          const isLocal = errors.length === 0 && !external && namespace === "file";
          if (isLocal && suffix === "") found = path;
        });
      },
    };
    const stdin = { contents: "", resolveDir: cwd };
    await build({ ...this.#common(), stdin, bundle: true, plugins: [asked] });
    return found;
  }

  async load(path: string): Promise<Namespace> {
    const files = await this.#graph(path);
    const hashes = hashAll(files);
    const url = this.#url(path, files, hashes);
    const known = this.#loaded.get(url);
    if (known !== undefined) return known;
    const written = await this.#write(files, hashes);
    const loading = this.#options.load(url);
    this.#loaded.set(url, loading);
    this.#loading.set(url, written);
    try {
      return await loading;
    } catch (error) {
      this.#loaded.delete(url);
      throw error;
    } finally {
      this.#loading.delete(url);
      const isLazy = files.size > 1 && [...files.values()].some(importsLazily);
      if (isLazy) this.#removeAtExit(written);
      else for (const each of written) rmSync(each, { force: true });
    }
  }

  /** Whoever waits for what is being loaded waits for something that was ended. */
  forgetUnfinished(): void {
    for (const [url, written] of this.#loading) {
      this.#loaded.delete(url);
      for (const each of written) rmSync(each, { force: true });
    }
    this.#loading.clear();
  }

  /** The file and every local file it imports. */
  async #graph(entry: string): Promise<ReadonlyMap<string, LocalFile>> {
    const build = loadBuild((path) => labelOf(path, this.#options.cwd));
    const folder = dirname(entry);
    const { metafile } = await build({
      ...this.#common(),
      absWorkingDir: folder,
      entryPoints: [entry],
      bundle: true,
      metafile: true,
      plugins: [notebookModules(this.#options.modules), foreignSpecifiers(), wasmModules()],
    });
    const files = new Map<string, LocalFile>();
    const onDisk = (name: string): string => join(folder, name.replace(DATA_SUFFIX, ""));
    for (const [name, { imports }] of Object.entries(metafile.inputs)) {
      const path = onDisk(name);
      const isData = DATA_SUFFIX.test(name) || !isCode(path);
      if (isData && files.has(path)) continue;
      files.set(path, {
        path,
        reaches: new Set(),
        imports: imports
          .filter(({ external }) => !external)
          .map((each) => ({ path: onDisk(each.path), isDynamic: each.kind === "dynamic-import" })),
        isData,
        isNative:
          isData ||
          (NATIVE.has(extname(path)) && imports.every((each) => nodeFinds(path, each, onDisk))),
      });
    }
    for (const { path, reaches } of files.values()) reach(path, files, reaches);
    return files;
  }

  /** Where Node finds the file as it is now: under its own URL if Node can read it and it is as Node first read it. */
  #url(
    path: string,
    files: ReadonlyMap<string, LocalFile>,
    hashes: ReadonlyMap<string, string>,
  ): string {
    const { reaches } = files.get(path) ?? { reaches: new Set([path]) };
    const isNative = [...reaches].every((each) => files.get(each)?.isNative ?? true);
    const hash = hashes.get(path) ?? "";
    if (isNative) {
      if (!this.#native.has(path)) this.#native.set(path, hash);
      if (this.#native.get(path) === hash) return pathToFileURL(path).href;
    }
    return pathToFileURL(translatedPath(path, hash)).href;
  }

  /** Translates the files that Node does not read as they are, and lets errors name all. @returns the paths written */
  async #write(
    files: ReadonlyMap<string, LocalFile>,
    hashes: ReadonlyMap<string, string>,
  ): Promise<string[]> {
    const build = loadBuild((path) => labelOf(path, this.#options.cwd));
    const written: string[] = [];
    await Promise.all(
      [...files.values()].map(async ({ path, isData }) => {
        if (isData) return;
        const url = this.#url(path, files, hashes);
        const target = translatedPath(path, hashes.get(path) ?? "");
        const name = (sourceMap: string | null): void => {
          if (path.endsWith(".wasm")) return; // nobody wrote its lines
          const source = readFileSync(path, "utf8");
          registerScript(url, { label: labelOf(path, this.#options.cwd), source, sourceMap });
        };
        if (url !== pathToFileURL(target).href) {
          name(null);
          return;
        }
        const { outputFiles } = await build({
          ...this.#common(),
          absWorkingDir: dirname(path),
          entryPoints: [path],
          bundle: true,
          outfile: target,
          sourcemap: "external",
          sourcesContent: false,
          plugins: [
            notebookModules(this.#options.modules),
            wasmModules(),
            separateFiles(path, files, (each) => this.#url(each, files, hashes)),
          ],
        });
        const output = (end: string): string =>
          outputFiles.find((file) => file.path.endsWith(end))?.text ?? "";
        name(output(".map"));
        if (existsSync(target)) return;
        writeFileSync(target, output(".mjs"));
        written.push(target);
      }),
    );
    return written;
  }

  #common() {
    return {
      packages: "external",
      format: "esm",
      platform: "node",
      target: "node20",
      resolveExtensions: EXTENSIONS,
      write: false,
      logLevel: "silent",
    } as const;
  }

  #removeAtExit(paths: readonly string[]): void {
    if (this.#left.size === 0) {
      process.on("exit", () => {
        for (const path of this.#left) rmSync(path, { force: true });
      });
    }
    for (const path of paths) this.#left.add(path);
  }
}

function importsLazily({ imports }: LocalFile): boolean {
  return imports.some(({ isDynamic }) => isDynamic);
}

function reach(path: string, files: ReadonlyMap<string, LocalFile>, into: Set<string>): void {
  if (into.has(path)) return;
  into.add(path);
  for (const each of files.get(path)?.imports ?? []) reach(each.path, files, into);
}

/** A hash of each file's text and of the texts of all it reaches. */
function hashAll(files: ReadonlyMap<string, LocalFile>): ReadonlyMap<string, string> {
  const texts = new Map([...files.keys()].map((path) => [path, readFileSync(path)]));
  return new Map(
    [...files.values()].map(({ path, reaches }) => {
      const hash = createHash("sha256");
      for (const each of [...reaches].sort()) {
        hash.update(`${relative(dirname(path), each)}\0`).update(texts.get(each) ?? "");
      }
      return [path, hash.digest("hex").slice(0, 16)];
    }),
  );
}

function translatedPath(path: string, hash: string): string {
  return join(dirname(path), `.${basename(path)}.${hash}.mjs`);
}

function notebookModules(modules: LocalModulesOptions["modules"]): Plugin {
  return {
    name: "notebook-modules",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path }) => {
        const url = modules[path];
        return url === undefined ? undefined : { path: url, external: true };
      });
    },
  };
}

/** Refuses what Deno would load. */
function foreignSpecifiers(): Plugin {
  return {
    name: "foreign-specifiers",
    setup(build) {
      build.onResolve({ filter: /^(npm|jsr|https?):/ }, ({ path }) => {
        const text = foreignSpecifier(path);
        return text === null ? undefined : { errors: [{ text }] };
      });
    },
  };
}

function wasmModules(): Plugin {
  return {
    name: "wasm-modules",
    setup(build) {
      build.onLoad({ filter: /\.wasm$/ }, ({ path, with: attributes }) =>
        attributes.type === undefined ? { contents: wasmAsModule(path), loader: "js" } : undefined,
      );
    },
  };
}

/** Leaves each other file of the graph a module of its own. */
function separateFiles(
  self: string,
  files: ReadonlyMap<string, LocalFile>,
  urlOf: (path: string) => string,
): Plugin {
  return {
    name: "separate-files",
    setup(build) {
      build.onResolve({ filter: /./ }, async ({ path, kind, resolveDir, pluginData, ...asked }) => {
        const isData = ["text", "bytes", "json"].includes(asked.with.type ?? "");
        if (kind === "entry-point" || pluginData === "resolving" || isData) return undefined;
        const found = await build.resolve(path, { kind, resolveDir, pluginData: "resolving" });
        const isApart = found.path !== self && files.get(found.path)?.isData === false;
        return isApart ? { path: urlOf(found.path), external: true } : found;
      });
    },
  };
}

/** The path as a cell would import it. */
function labelOf(path: string, cwd: string): string {
  const label = relative(cwd, path).replaceAll("\\", "/");
  return /^(\.\.\/|\/|\w:)/.test(label) ? label : `./${label}`;
}

function isCode(path: string): boolean {
  return /\.([cm]?[jt]sx?|wasm)$/.test(path);
}

/** Whether Node takes an import of a JavaScript file for the file that esbuild takes it for. */
function nodeFinds(
  importer: string,
  { path, kind, original, external, with: attributes }: Inputs[string]["imports"][number],
  onDisk: (name: string) => string,
): boolean {
  if (external) return true;
  const found = onDisk(path);
  if (kind === "require-call") return [...NATIVE, ".json"].includes(extname(found));
  if (extname(found) === ".json") return attributes?.type === "json";
  if (attributes !== undefined || original === undefined || /[%?#]/.test(original)) return false;
  return resolve(dirname(importer), original) === found;
}
