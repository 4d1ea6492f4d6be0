/**
 * What the adapter asks the main thread while that is not paused. It answers from its event loop, between cells or while one
 * awaits: whatever is run through the inspector interrupts it anywhere, in the middle of the compiler too.
 */
export type DebugQuestion =
  /** Evaluates TypeScript, awaited; answered with a number for `take`. */
  | { readonly ask: "evaluate"; readonly expression: string }
  /** How the value of a name is shown in an output. */
  | { readonly ask: "bundle"; readonly name: string }
  /** The notebook's names with type, size and a short value, without a debugger. */
  | { readonly ask: "variables" }
  /** Declares a name with the value of another. */
  | { readonly ask: "copy"; readonly from: string; readonly to: string };

export type DebugAnswer = { readonly value: unknown } | { readonly error: string };

/**
 * The main thread's end of the debugger: what the adapter in the socket thread asks for through the inspector, by this
 * symbol on `globalThis`.
 */
export interface DebugTarget {
  /** The notebook's top-level names, with their values, that have one. Runs anywhere, as `take` does. */
  globals(): Record<string, unknown>;
  /** What a question was evaluated to; once. */
  take(number: number): unknown;
  /**
   * A TypeScript expression as a JavaScript expression that can be evaluated in a paused frame, and only while one is.
   * @param locals names of the frame, which hide the notebook's
   * @throws SyntaxError if it is none
   */
  translate(expression: string, locals: readonly string[]): string;
  /** Declares a name of the notebook. */
  define(name: string, value: unknown): void;
  /** Keeps what the condition of a breakpoint threw until it is taken. */
  fail(error: unknown): void;
  /** What a condition threw since the last call, in a line; null if none did. */
  takeFailure(): string | null;
  /** How a value is shown where nothing can be awaited. */
  bundleNow(value: unknown): Record<string, unknown>;
}

const KEY = "vitrine.debugTarget";

/** JavaScript for the target, wherever it is evaluated in this process. */
export const DEBUG_TARGET = `globalThis[Symbol.for(${JSON.stringify(KEY)})]`;

export function installDebugTarget(target: DebugTarget): void {
  Object.defineProperty(globalThis, Symbol.for(KEY), { value: target, configurable: true });
}
