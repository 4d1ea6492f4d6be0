/**
 * The main thread's end of the debugger: what the adapter in the socket thread asks for through the inspector, by this
 * symbol on `globalThis`. All but `bundle` work while the thread is paused.
 */
export interface DebugTarget {
  /** The notebook's top-level names, with their values, that have one. */
  globals(): Record<string, unknown>;
  /**
   * A TypeScript expression as a JavaScript expression that can be evaluated in a paused frame.
   * @param locals names of the frame, which hide the notebook's
   * @throws SyntaxError if it is none
   */
  translate(expression: string, locals: readonly string[]): string;
  /** Declares a name of the notebook. */
  define(name: string, value: unknown): void;
  /** How a value is shown in an output. */
  bundle(value: unknown): Promise<Record<string, unknown>>;
  /** How a value is shown where nothing can be awaited. */
  bundleNow(value: unknown): Record<string, unknown>;
}

const KEY = "vitrine.debugTarget";

/** JavaScript for the target, wherever it is evaluated in this process. */
export const DEBUG_TARGET = `globalThis[Symbol.for(${JSON.stringify(KEY)})]`;

export function installDebugTarget(target: DebugTarget): void {
  Object.defineProperty(globalThis, Symbol.for(KEY), { value: target, configurable: true });
}
