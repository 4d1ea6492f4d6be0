import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildFailure, build } from "esbuild";
import { isInstance } from "./safely.ts";
import { placeError } from "./stackTrace.ts";

type Build = typeof build;

/**
 * esbuild's `build`, which says what is wrong with a file as an error of that file.
 * @param labelOf how stack traces call a file
 */
export async function loadBuild(labelOf: (path: string) => string): Promise<Build> {
  const { build } = await import("esbuild");
  const placed = async (options: Parameters<Build>[0]): Promise<unknown> => {
    try {
      return await build(options);
    } catch (error) {
      throw placedFailure(error, options.absWorkingDir ?? "", labelOf);
    }
  };
  return placed as Build;
}

/** The first of the errors that a build tells, at its place; an error of another kind as it is. */
function placedFailure(error: unknown, folder: string, labelOf: (path: string) => string): unknown {
  if (!isInstance(error, Error) || !Array.isArray((error as Partial<BuildFailure>).errors))
    return error;
  const [first] = (error as BuildFailure).errors;
  if (first === undefined) return error;
  const { text, location } = first;
  const failure = text.startsWith("Could not resolve") ? new Error(text) : new SyntaxError(text);
  if (location === null) return failure;
  const path = join(folder, location.file);
  const { line, column } = location;
  const source = readFileSync(path, "utf8");
  return placeError(failure, { label: labelOf(path), source, line, column: column + 1 });
}
