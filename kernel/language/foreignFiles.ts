import { extname } from "node:path";
import { declareWasm } from "./wasmModule.ts";

/** Declarations of the files that are imported without being code, by what their names end with. */
const DECLARATIONS: Readonly<Record<string, (path: string) => string>> = {
  ".txt": () => "declare const text: string;\nexport default text;\n",
  ".wasm": declareWasm,
};

/** Where the compiler looks for the types of `notes.txt`: in `notes.d.txt.ts`. */
const DECLARATION = /^(.*)\.d(\.\w+)\.ts$/;

/** The text or WebAssembly file whose declarations the compiler looks for under a path; null under any other path. */
export function declaredBy(path: string): string | null {
  const [, stem = "", extension = ""] = DECLARATION.exec(path) ?? [];
  return Object.hasOwn(DECLARATIONS, extension) ? stem + extension : null;
}

/** Types of a text or WebAssembly file. */
export function declarationsOf(path: string): string {
  return DECLARATIONS[extname(path)]?.(path) ?? "export {};\n";
}
