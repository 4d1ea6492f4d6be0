/** Lines shown before and after the failing one. */
const CONTEXT_LINES = 2;

/** TypeScript of each cell by the label that stack traces use. */
const sources = new Map<string, string>();

export function rememberSource(label: string, source: string): void {
  sources.set(label, source);
}

/**
 * The lines of a cell around the innermost place in a cell that an error passed through, with a caret under it; none
 * for an error that passed through no cell.
 */
export function codeFrame({ stack }: Error): string[] {
  if (typeof stack !== "string") return [];
  for (const [, label = "", line, column] of stack.matchAll(/(Cell \[[\w ]+\]):(\d+):(\d+)/g)) {
    const source = sources.get(label);
    if (source !== undefined) return ["", ...frame(label, source, Number(line), Number(column))];
  }
  return [];
}

/** The lines of a cell around a place in it, 1-based, with a caret under that. */
export function frame(label: string, source: string, line: number, column: number): string[] {
  const lines = source.split("\n");
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const width = String(last).length;
  const shown = [`${label}:`];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1] ?? "";
    const mark = number === line ? ">" : " ";
    shown.push(`${mark} ${String(number).padStart(width)} | ${text}`.trimEnd());
    if (number !== line) continue;
    // Tabs stay tabs, so that the caret stands where the reader sees the column.
    const margin = text.slice(0, column - 1).replace(/[^\t]/g, " ");
    shown.push(`  ${" ".repeat(width)} | ${margin}^`);
  }
  return shown;
}
