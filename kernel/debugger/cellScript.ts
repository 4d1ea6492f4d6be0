import { decodeMappings, type Mapping } from "./sourceMap.ts";

/** What is known of one execution of a cell once it is compiled. */
export interface CompiledScript {
  /** Name under which V8 knows the script. */
  readonly url: string;
  /** How stack traces call the cell: `Cell [3]`. */
  readonly label: string;
  /** The cell's TypeScript. */
  readonly source: string;
  /** Source map (version 3) from the script to the source, line for line as V8 counts. */
  readonly sourceMap: string;
}

/** A place in the JavaScript of a script; both 0-based, as V8 counts. */
export interface ScriptPosition {
  readonly lineNumber: number;
  readonly columnNumber?: number | undefined;
}

/** A place in the TypeScript of a cell; both 1-based, as debuggers count. */
export interface CellPosition {
  readonly line: number;
  readonly column: number;
}

/** A compiled cell with the way between the lines that were written and the lines that run. */
export class CellScript {
  readonly url: string;
  readonly label: string;
  /** Path of the cell's file. */
  readonly path: string;
  readonly #sourceMap: string;
  #mappings: readonly Mapping[] | null = null;

  constructor(script: CompiledScript, path: string) {
    this.url = script.url;
    this.label = script.label;
    this.path = path;
    this.#sourceMap = script.sourceMap;
  }

  /** Where in the cell a place of the script was written; null before the first place that was. */
  written({ lineNumber, columnNumber = 0 }: ScriptPosition): CellPosition | null {
    const found = this.#all().findLast(
      (mapping) =>
        mapping.line < lineNumber ||
        (mapping.line === lineNumber && mapping.column <= columnNumber),
    );
    return found === undefined
      ? null
      : { line: found.sourceLine + 1, column: found.sourceColumn + 1 };
  }

  /** Where the code of a line of the cell begins, or of the next line that has code; null if none has. */
  running(line: number): ScriptPosition | null {
    let best: Mapping | null = null;
    for (const mapping of this.#all()) {
      if (mapping.sourceLine < line - 1) continue;
      if (best === null || mapping.sourceLine < best.sourceLine) best = mapping;
    }
    return best === null ? null : { lineNumber: best.line, columnNumber: best.column };
  }

  #all(): readonly Mapping[] {
    this.#mappings ??= decodeMappings(this.#sourceMap);
    return this.#mappings;
  }
}
