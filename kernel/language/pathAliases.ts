import { dirname, resolve } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "./typescript.ts";

/**
 * `paths` and `baseUrl` of the tsconfig.json of a folder or the nearest one above it, as `paths` with absolute targets;
 * none where there is no such file.
 */
export function readPathAliases(
  compiler: TypeScript,
  folder: string,
): Readonly<Record<string, string[]>> {
  const { sys } = compiler;
  const file = compiler.findConfigFile(folder, sys.fileExists);
  if (file === undefined) return {};
  const { config } = compiler.readConfigFile(file, sys.readFile);
  // Which files the project is made of is not asked: looking for them may take long.
  const host: ts.ParseConfigHost = { ...sys, readDirectory: () => [] };
  const { options } = compiler.parseJsonConfigFileContent(
    config ?? {},
    host,
    dirname(file),
    undefined,
    file,
  );
  const { baseUrl, paths = {}, pathsBasePath } = options;
  const start = baseUrl ?? (typeof pathsBasePath === "string" ? pathsBasePath : dirname(file));
  const aliases = Object.entries(paths).map(([pattern, targets]): [string, string[]] => [
    pattern,
    targets.map((target) => resolve(start, target)),
  ]);
  const rest: [string, string[]][] = baseUrl === undefined ? [] : [["*", [resolve(baseUrl, "*")]]];
  return Object.fromEntries([...rest, ...aliases]);
}
