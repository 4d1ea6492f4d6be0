import { execFile } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { inRepository, repositoryRoot } from "./repository.ts";
import type { Target } from "./target.ts";

const entryPoints = ["engine/index.node", "widgets/index"];

/**
 * Declarations that compilers back to TypeScript 5.0 read, for people who import this package elsewhere: those resolve
 * no `.ts` specifier, and the typed arrays of their library take no type argument.
 */
export function forOlderCompiler(declaration: string): string {
  return declaration
    .replace(/((?:from|import\()\s*["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2")
    .replace(
      /\b((?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array|DataView)<ArrayBuffer(?:Like)?>/g,
      "$1",
    );
}

/** What declarations mention of each other, from the entry points on: paths below dist/types, without ".d.ts". */
function mentioned(textOf: (path: string) => string): ReadonlySet<string> {
  const found = new Set(entryPoints);
  for (const path of found) // which grows meanwhile
    for (const [, name = ""] of textOf(path).matchAll(
      /(?:from|import\()\s*["'](\.[^"']+)\.ts["']/g,
    ))
      found.add(join(dirname(path), name));
  return found;
}

/** Declarations of the public entry points and of everything they mention; the compiler writes those of all modules. */
export const typesTarget: Target = {
  name: "types",
  inputs: [
    "scripts/build/typesTarget.ts",
    "scripts/build/tsconfig.types.json",
    "engine",
    "kernel/display",
    "widgets",
    "tsconfig.json",
  ],
  ignore: (path) => path.startsWith("widgets/lab") || path.endsWith(".wgsl"),
  after: ["wasm"],
  outputs: () => entryPoints.map((entry) => `dist/types/${entry}.d.ts`),
  async build() {
    rmSync(inRepository("dist/types"), { recursive: true, force: true });
    const compiler = inRepository("node_modules/typescript/bin/tsc");
    const config = inRepository("scripts/build/tsconfig.types.json");
    await promisify(execFile)(process.execPath, [compiler, "-p", config], {
      cwd: repositoryRoot,
    }).catch((error: { stdout?: string }) => {
      throw new Error(error.stdout ?? String(error), { cause: error });
    });
    const fileOf = (path: string) => inRepository("dist/types", `${path}.d.ts`);
    const kept = mentioned((path) => readFileSync(fileOf(path), "utf8"));
    for (const path of kept)
      writeFileSync(fileOf(path), forOlderCompiler(readFileSync(fileOf(path), "utf8")));
    const names = readdirSync(inRepository("dist/types"), { recursive: true, encoding: "utf8" });
    for (const name of names)
      if (name.endsWith(".d.ts") && !kept.has(name.slice(0, -".d.ts".length)))
        rmSync(inRepository("dist/types", name));
    return `${kept.size} declaration files`;
  },
};
