import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Puts `source.ts:line:column` where a text has the place in a file of JavaScript below a folder that has its source map beside
 * it. Maps are read when a text first needs them: most processes never print a place.
 * @param folder absolute
 */
export function placesInSources(folder: string): (text: string) => string {
  const maps = new Map<string, SourceMap | null>();
  const mapOf = (file: string): SourceMap | null => {
    const known = maps.get(file);
    if (known !== undefined) return known;
    const path = `${file}.map`;
    const map = existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : null;
    maps.set(file, map);
    return map;
  };
  const escaped = [pathToFileURL(folder).href, folder]
    .map((prefix) => prefix.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    .join("|");
  const place = new RegExp(`(?:${escaped})([^\\s():]+\\.js):(\\d+)(?::(\\d+))?`, "g");
  return (text) =>
    text.replaceAll(place, (whole: string, name: string, line: string, column?: string) => {
      const file = resolve(folder, `.${decodeURI(name)}`);
      const entry = mapOf(file)?.findEntry(Number(line) - 1, Number(column ?? 1) - 1);
      if (entry === undefined || !("originalSource" in entry)) return whole;
      const at = [entry.originalLine + 1, ...(column ? [entry.originalColumn + 1] : [])].join(":");
      return `${resolve(dirname(file), entry.originalSource)}:${at}`;
    });
}
