import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { BuildFailure, build } from "esbuild";
import { isInstance } from "./safely.ts";
import { placeError } from "./stackTrace.ts";
import { uninterrupted } from "./uninterrupted.ts";

type Build = typeof build;

const require = createRequire(import.meta.url);

/**
 * Where esbuild's own code lies. It talks to one process for as long as the kernel lives, so that what is ended in the middle
 * of a question or of an answer leaves every later question without one.
 */
export const ESBUILD_FILE = require.resolve("esbuild");

/**
 * esbuild's `build`, which says what is wrong with a file as an error of that file.
 * @param labelOf how stack traces call a file
 */
export function loadBuild(labelOf: (path: string) => string): Build {
  // An import that is ended in its run would never be known to have ended.
  const { build } = uninterrupted(() => require(ESBUILD_FILE) as { build: Build });
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
