import { createRequire } from "node:module";
import { dirname } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "./typescript.ts";

/** The newest library whose functions this Node has. */
function library(): string[] {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 24) return ["lib.es2025.d.ts", "lib.esnext.disposable.d.ts"];
  if (major >= 22)
    return ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts", "lib.es2025.iterator.d.ts"];
  return ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"];
}

/**
 * How cells are checked and emitted: for Node 20, with decorators, `using` and `accessor` written out; strictly, but an
 * index is not `undefined`, and nobody is told of what is `any` for want of a type (`IMPLICIT_ANY_CODES`).
 * @param modules declaration file by module name
 * @param aliases further names of modules, as `paths` with absolute targets
 */
export function cellOptions(
  compiler: TypeScript,
  modules: Readonly<Record<string, string>>,
  aliases: Readonly<Record<string, string[]>> = {},
): ts.CompilerOptions {
  const require = createRequire(import.meta.url);
  return {
    target: compiler.ScriptTarget.ES2022,
    module: compiler.ModuleKind.ESNext,
    moduleResolution: compiler.ModuleResolutionKind.Bundler,
    moduleDetection: compiler.ModuleDetectionKind.Force,
    lib: library(),
    strict: true,
    skipLibCheck: true,
    sourceMap: true,
    preserveConstEnums: true,
    newLine: compiler.NewLineKind.LineFeed,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    allowJs: true,
    checkJs: false,
    esModuleInterop: true,
    jsx: compiler.JsxEmit.React,
    typeRoots: [dirname(dirname(require.resolve("@types/node/package.json")))],
    types: ["node", dirname(require.resolve("@webgpu/types/package.json"))],
    allowArbitraryExtensions: true,
    paths: {
      ...aliases,
      ...Object.fromEntries(Object.entries(modules).map(([name, file]) => [name, [file]])),
    },
  };
}
