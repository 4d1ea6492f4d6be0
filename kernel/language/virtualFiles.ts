import { statSync } from "node:fs";
import type ts from "typescript";
import { declarationsOf, declaredBy } from "./foreignFiles.ts";
import type { TypeScript } from "./typescript.ts";

/** Files that exist only in memory, over those on disk: what a language service reads. */
export class VirtualFiles {
  readonly #texts = new Map<string, { text: string; version: number }>();
  /** Goes up with each change; a language service looks again when it has. */
  version = 0;

  get(path: string): string | undefined {
    return this.#texts.get(path)?.text;
  }

  /** Gives a file a text; the same text again changes nothing. */
  set(path: string, text: string): void {
    if (this.#texts.get(path)?.text !== text) this.renew(path, text);
  }

  /** Gives a file a text and a new syntax tree, even if the text is the same. */
  renew(path: string, text: string): void {
    this.#texts.set(path, { text, version: ++this.version });
  }

  delete(path: string): void {
    if (this.#texts.delete(path)) this.version++;
  }

  host(compiler: TypeScript, cwd: string, options: ts.CompilerOptions): ts.LanguageServiceHost {
    const { sys } = compiler;
    const fileExists = (path: string): boolean => {
      if (this.#texts.has(path) || sys.fileExists(path)) return true;
      const foreign = declaredBy(path);
      return foreign !== null && sys.fileExists(foreign);
    };
    const readFile = (path: string, encoding?: string): string | undefined => {
      const text = this.#texts.get(path)?.text ?? sys.readFile(path, encoding);
      const foreign = text === undefined ? declaredBy(path) : null;
      return foreign !== null && sys.fileExists(foreign) ? declarationsOf(foreign) : text;
    };
    return {
      getCompilationSettings: () => options,
      getProjectVersion: () => String(this.version),
      getScriptFileNames: () => [...this.#texts.keys()],
      getScriptVersion: (path) => String(this.#texts.get(path)?.version ?? diskVersion(path)),
      getScriptSnapshot: (path) => {
        const text = readFile(path);
        return text === undefined ? undefined : compiler.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => cwd,
      getDefaultLibFileName: (settings) => compiler.getDefaultLibFilePath(settings),
      fileExists,
      readFile,
      directoryExists: sys.directoryExists,
      getDirectories: sys.getDirectories,
      readDirectory: sys.readDirectory,
      realpath: sys.realpath ?? ((path) => path),
      useCaseSensitiveFileNames: () => sys.useCaseSensitiveFileNames,
    };
  }
}

/** Packages do not change while a notebook is open; looking at each of their files would take longer than checking. */
export function diskVersion(path: string): string {
  if (path.includes("/node_modules/")) return "package";
  const stats =
    statSync(path, { throwIfNoEntry: false }) ??
    statSync(declaredBy(path) ?? path, { throwIfNoEntry: false });
  return stats === undefined ? "missing" : `${stats.mtimeMs}/${stats.size}`;
}
