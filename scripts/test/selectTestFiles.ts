import { listFiles } from "../build/hashInputs.ts";
import { isQuick } from "./tiers.ts";

/** `test/<suite>/<name>.test.ts` of every suite, or of those that a filter names whole or in part of the path. */
export function selectTestFiles(filters: readonly string[], quick: boolean): string[] {
  const files = listFiles(["test"]).filter(
    (path) => path.endsWith(".test.ts") && (!quick || isQuick(path)),
  );
  if (filters.length === 0) return files;
  const names = (filter: string, path: string): boolean =>
    path.startsWith(`test/${filter}/`) || path.replace(/^test\//, "").includes(filter);
  return files.filter((path) => filters.some((filter) => names(filter, path)));
}

export const suitesOf = (files: readonly string[]): string[] => [
  ...new Set(files.flatMap((path) => path.split("/")[1] ?? [])),
];
