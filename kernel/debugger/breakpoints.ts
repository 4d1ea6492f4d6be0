import type { CellScript, ScriptPosition } from "./cellScript.ts";
import type { InspectorClient } from "./inspectorClient.ts";

/** One row of a `setBreakpoints` response. */
export interface Breakpoint {
  readonly id: number;
  readonly verified: boolean;
  readonly line: number;
  readonly source: { readonly path: string };
}

/**
 * The breakpoints of each cell. They belong to the text of the cell: every execution of that text stops at them, also one
 * that is compiled later.
 */
export class Breakpoints {
  readonly #inspector: InspectorClient;
  readonly #wanted = new Map<string, readonly Breakpoint[]>();
  /** Ids of the inspector, by the cell's path. */
  readonly #set = new Map<string, string[]>();
  #lastId = 0;

  constructor(inspector: InspectorClient) {
    this.#inspector = inspector;
  }

  /** The part of the content of debugInfo about breakpoints. */
  get list(): { source: string; breakpoints: { line: number }[] }[] {
    return [...this.#wanted].map(([source, breakpoints]) => ({
      source,
      breakpoints: breakpoints.map(({ line }) => ({ line })),
    }));
  }

  /**
   * Replaces the breakpoints of a cell.
   * @param lines 1-based
   * @param scripts executions of that cell so far
   * @returns one for each line, moved to the next line that has code where the cell is compiled already
   */
  async replace(
    path: string,
    lines: readonly number[],
    scripts: readonly CellScript[],
    lineCount: number,
  ): Promise<readonly Breakpoint[]> {
    for (const breakpointId of this.#set.get(path) ?? []) {
      await this.#inspector.send("Debugger.removeBreakpoint", { breakpointId });
    }
    this.#set.set(path, []);
    const wanted = lines.map((line) => ({
      id: ++this.#lastId,
      verified: line <= lineCount,
      line,
      source: { path },
    }));
    if (lines.length === 0) this.#wanted.delete(path);
    else this.#wanted.set(path, wanted);
    let moved = new Map<number, number>();
    for (const script of scripts) moved = await this.apply(script);
    if (scripts.length === 0) return wanted;
    const breakpoints = wanted.map((breakpoint) => {
      const line = moved.get(breakpoint.line);
      return { ...breakpoint, verified: line !== undefined, line: line ?? breakpoint.line };
    });
    if (lines.length > 0) this.#wanted.set(path, breakpoints);
    return breakpoints;
  }

  /**
   * Sets the breakpoints of a cell in one execution of it.
   * @returns the line where each will stop, by the line that was asked for
   */
  async apply(script: CellScript): Promise<Map<number, number>> {
    const places = new Set<string>();
    const moved = new Map<number, number>();
    for (const { line } of this.#wanted.get(script.path) ?? []) {
      const place = script.running(line);
      if (place === null || places.has(JSON.stringify(place))) continue;
      places.add(JSON.stringify(place));
      const { breakpointId, locations } = await this.#inspector.send<{
        breakpointId: string;
        locations: readonly ScriptPosition[];
      }>("Debugger.setBreakpointByUrl", { url: script.url, ...place });
      this.#set.get(script.path)?.push(breakpointId);
      const [location] = locations;
      const stop = location && script.written(location);
      if (stop) moved.set(line, stop.line);
    }
    return moved;
  }
}
