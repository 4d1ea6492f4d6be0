import type { CellScript, ScriptPosition } from "./cellScript.ts";
import { DEBUG_TARGET } from "./debugTarget.ts";
import { describe } from "./describe.ts";
import { type HitTest, parseHitCondition } from "./hitCondition.ts";
import type { InspectorClient, RemoteObject } from "./inspectorClient.ts";
import { parseLogMessage } from "./logMessage.ts";

/** What a front end says of a breakpoint: a row of the arguments of `setBreakpoints`. */
export interface SourceBreakpoint {
  /** 1-based. */
  readonly line: number;
  /** A TypeScript expression: the breakpoint counts only where it is truthy. */
  readonly condition?: string;
  /** Which of the hits count; see `parseHitCondition`. */
  readonly hitCondition?: string;
  /** Told instead of stopping, with the values of the expressions in braces. */
  readonly logMessage?: string;
}

/** One row of a `setBreakpoints` response. */
export interface Breakpoint {
  readonly id: number;
  readonly verified: boolean;
  /** Why it is not verified, where there is more to say than that no code is there. */
  readonly message?: string;
  readonly line: number;
  readonly source: { readonly path: string };
}

/** A frame that the main thread is paused in. */
interface PausedFrame {
  /** A TypeScript expression as JavaScript for the frame. */
  translate(expression: string): Promise<string>;
  /** @throws KernelError ERR_DEBUGGER with what the JavaScript threw */
  evaluate(code: string): Promise<RemoteObject>;
}

/** What becomes of a pause at breakpoints. */
export interface Decision {
  readonly isStop: boolean;
  /** Ids of the breakpoints that it stops at. */
  readonly ids: readonly number[];
  /** What kept a condition from being evaluated. */
  readonly failure: string | null;
  readonly logs: readonly { readonly text: string; readonly line: number; readonly path: string }[];
}

interface Wanted extends SourceBreakpoint {
  readonly row: Breakpoint;
  readonly hitTest: HitTest;
}

/** A place in one execution of a cell, where V8 stops for all breakpoints that lie there. */
interface Place {
  readonly script: CellScript;
  readonly position: ScriptPosition;
  readonly wanted: readonly Wanted[];
  /** Hits so far of each, of which its condition held. */
  readonly hits: Map<Wanted, number>;
  /** Whether V8 evaluates the condition, so that it stops only where that holds. */
  isConditional: boolean;
}

/**
 * The breakpoints of each cell. They belong to the text of the cell: every execution of that text stops at them, also one
 * that is compiled later, and counts its hits anew.
 */
export class Breakpoints {
  readonly #inspector: InspectorClient;
  readonly #wanted = new Map<string, readonly Wanted[]>();
  /** By the inspector's id. */
  readonly #places = new Map<string, Place>();
  #lastId = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(inspector: InspectorClient) {
    this.#inspector = inspector;
  }

  /** The part of the content of debugInfo about breakpoints. */
  get list(): { source: string; breakpoints: SourceBreakpoint[] }[] {
    return [...this.#wanted].map(([source, breakpoints]) => ({
      source,
      breakpoints: breakpoints.map(({ row, hitTest, ...asked }) => ({ ...asked, line: row.line })),
    }));
  }

  /**
   * Replaces the breakpoints of a cell.
   * @param scripts executions of that cell so far
   * @returns one for each that is asked for, moved to the next line that has code where the cell is compiled already
   */
  async replace(
    path: string,
    asked: readonly SourceBreakpoint[],
    scripts: readonly CellScript[],
    lineCount: number,
  ): Promise<readonly Breakpoint[]> {
    return await this.#inTurn(async () => {
      for (const [breakpointId, { script }] of this.#places) {
        if (script.path !== path) continue;
        this.#places.delete(breakpointId);
        await this.#inspector.send("Debugger.removeBreakpoint", { breakpointId });
      }
      const wanted = asked.map((each) => this.#want(path, each, lineCount));
      this.#wanted.set(path, wanted);
      let moved = new Map<number, number>();
      for (const script of scripts) moved = await this.#apply(script);
      const known = wanted.map((each): Wanted => {
        if (scripts.length === 0 || each.row.message !== undefined) return each;
        const line = moved.get(each.line);
        const row = { ...each.row, verified: line !== undefined, line: line ?? each.line };
        return { ...each, row };
      });
      if (wanted.length === 0) this.#wanted.delete(path);
      else this.#wanted.set(path, known);
      return known.map(({ row }) => row);
    });
  }

  /** Sets the breakpoints of a cell in one execution of it. */
  async apply(script: CellScript): Promise<void> {
    await this.#inTurn(() => this.#apply(script));
  }

  /**
   * Looks whether a pause is one: evaluates conditions, counts hits and puts log messages together.
   * @param ids of the inspector, of the breakpoints that were hit
   */
  async decide(ids: readonly string[], frame: PausedFrame): Promise<Decision> {
    return await this.#inTurn(async () => {
      const stops: number[] = [];
      const logs: Decision["logs"][number][] = [];
      let failure: string | null = null;
      let isStop = false;
      for (const id of ids) {
        const place = this.#places.get(id);
        if (place === undefined) {
          isStop = true;
          continue;
        }
        for (const wanted of place.wanted) {
          const met = await this.#isMet(id, place, wanted, frame);
          if (met === false) continue;
          const hit = (place.hits.get(wanted) ?? 0) + 1;
          place.hits.set(wanted, hit);
          if (met === true && !wanted.hitTest(hit)) continue;
          if (met === true && wanted.logMessage !== undefined) {
            const { line, source } = wanted.row;
            logs.push({ text: await logText(wanted.logMessage, frame), line, path: source.path });
            continue;
          }
          if (met !== true) failure ??= met;
          isStop = true;
          stops.push(wanted.row.id);
        }
      }
      return { isStop, ids: stops, failure, logs };
    });
  }

  #want(path: string, asked: SourceBreakpoint, lineCount: number): Wanted {
    const { hitCondition } = asked;
    const hitTest = hitCondition === undefined ? () => true : parseHitCondition(hitCondition);
    const row = {
      id: ++this.#lastId,
      verified: asked.line <= lineCount && hitTest !== null,
      line: asked.line,
      source: { path },
    };
    if (hitTest !== null) return { ...asked, row, hitTest };
    const message = `hitCondition: expected a number, or one behind ==, >, >=, <, <= or %, got ${JSON.stringify(hitCondition)}. Write "5" to stop at the fifth hit.`;
    return { ...asked, row: { ...row, message }, hitTest: () => false };
  }

  /** @returns the line where each will stop, by the line that was asked for */
  async #apply(script: CellScript): Promise<Map<number, number>> {
    const places = new Map<string, Place>();
    for (const wanted of this.#wanted.get(script.path) ?? []) {
      const position = script.running(wanted.line);
      if (position === null || wanted.row.message !== undefined) continue;
      const key = JSON.stringify(position);
      const others = places.get(key)?.wanted ?? [];
      places.set(key, {
        script,
        position,
        wanted: [...others, wanted],
        hits: new Map(),
        isConditional: false,
      });
    }
    const moved = new Map<number, number>();
    for (const place of places.values()) {
      const location = await this.#set(place);
      const stop = location && script.written(location);
      if (stop) for (const { line } of place.wanted) moved.set(line, stop.line);
    }
    return moved;
  }

  /** @returns where V8 stops */
  async #set(place: Place, condition?: string): Promise<ScriptPosition | undefined> {
    const { breakpointId, locations } = await this.#inspector.send<{
      breakpointId: string;
      locations: readonly ScriptPosition[];
    }>("Debugger.setBreakpointByUrl", {
      url: place.script.url,
      ...place.position,
      ...(condition === undefined ? {} : { condition }),
    });
    this.#places.set(breakpointId, place);
    return locations[0];
  }

  /**
   * Whether the condition of a breakpoint holds, or what is wrong with it. Only a paused frame tells which names hide those
   * of the notebook, so that the first hit pauses in any case; from then on V8 has the condition and asks it by itself.
   */
  async #isMet(
    id: string,
    place: Place,
    { condition, row }: Wanted,
    frame: PausedFrame,
  ): Promise<boolean | string> {
    if (condition === undefined) return true;
    const about = (failure: string): string =>
      `line ${row.line}: condition ${JSON.stringify(condition)}: ${failure}`;
    try {
      if (!place.isConditional) {
        const guarded = guard(await frame.translate(condition));
        const { value: isTruthy } = await frame.evaluate(guarded);
        const failure = isTruthy === true ? await takeFailure(frame) : null;
        if (failure !== null) return about(failure);
        if (place.wanted.length === 1) await this.#setConditional(id, place, guarded);
        return isTruthy === true;
      }
      const failure = await takeFailure(frame);
      return failure === null ? true : about(failure);
    } catch (error) {
      return about((error as Error).message);
    }
  }

  async #setConditional(breakpointId: string, place: Place, condition: string): Promise<void> {
    this.#places.delete(breakpointId);
    await this.#inspector.send("Debugger.removeBreakpoint", { breakpointId });
    await this.#set(place, condition);
    place.isConditional = true;
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(action, action);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** JavaScript that is true where an expression is truthy, and where it throws, of which the target then knows. */
function guard(code: string): string {
  return `(() => { try { return Boolean(${code}); } catch (error) { ${DEBUG_TARGET}.fail(error); return true; } })()`;
}

async function takeFailure(frame: PausedFrame): Promise<string | null> {
  const { value } = await frame.evaluate(`${DEBUG_TARGET}.takeFailure()`);
  return typeof value === "string" ? value : null;
}

async function logText(message: string, frame: PausedFrame): Promise<string> {
  const texts: string[] = [];
  for (const part of parseLogMessage(message)) {
    if ("text" in part) {
      texts.push(part.text);
      continue;
    }
    try {
      const value = await frame.evaluate(await frame.translate(part.expression));
      texts.push(value.type === "string" ? String(value.value) : describe(value));
    } catch (error) {
      texts.push(`{${part.expression}: ${(error as Error).message}}`);
    }
  }
  return texts.join("");
}
