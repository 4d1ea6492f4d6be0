import { SourceMap } from "node:module";

interface CellScript {
  readonly label: string;
  /** Read when an error first needs it. */
  map: SourceMap | string;
}

const scripts = new Map<string, CellScript>();

/** Lets errors name positions in a cell's TypeScript: `Cell [3]:5:7`. */
export function registerCellScript(fileName: string, label: string, sourceMap: string): void {
  scripts.set(fileName, { label, map: sourceMap });
}

function mapOf(script: CellScript): SourceMap {
  if (typeof script.map === "string") script.map = new SourceMap(JSON.parse(script.map));
  return script.map;
}

/**
 * Makes every stack trace of this process read in terms of cells: positions mapped back to TypeScript, nothing below the
 * cell that the error passed through, and none of the kernel's own frames, which in the built kernel are all of one file.
 */
export function installStackTraces(): void {
  Error.prepareStackTrace = (error, callSites) => {
    const lines = callSites.filter((site) => site.getFileName() !== import.meta.url).map(describe);
    const outermostCell = lines.findLastIndex(({ isCell }) => isCell);
    const shown =
      outermostCell < 0
        ? lines.filter(({ text }) => !text.includes("(node:internal/"))
        : lines.slice(0, outermostCell + 1);
    return [headline(error), ...shown.map(({ text }) => `    at ${text}`)].join("\n");
  };
}

function describe(site: NodeJS.CallSite): { text: string; isCell: boolean } {
  const text = String(site);
  const fileName = site.getFileName();
  const script = fileName === null || fileName === undefined ? undefined : scripts.get(fileName);
  if (script === undefined || !fileName) return { text, isCell: false };
  const line = site.getLineNumber() ?? 1;
  const column = site.getColumnNumber() ?? 1;
  const entry = mapOf(script).findEntry(line - 1, column - 1);
  const position =
    "originalLine" in entry
      ? `${entry.originalLine + 1}:${entry.originalColumn + 1}`
      : `${line}:${column}`;
  const place = `${script.label}:${position}`;
  return { text: text.replace(`${fileName}:${line}:${column}`, place), isCell: true };
}

function headline(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
