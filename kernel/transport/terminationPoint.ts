/**
 * The main thread's end of a termination: what the socket thread asks for through V8's inspector, which interrupts whatever
 * runs, by this symbol on `globalThis`.
 */
export interface TerminationPoint {
  /**
   * Ends the code that it interrupts, its callers too, if that is user code which may be ended here.
   * @param attempt how often this was tried for the same interrupt, from 0
   */
  terminate(attempt: number): void;
}

const KEY = "vitrine.terminationPoint";

/** What V8 calls the script that asks for a termination. */
export const TERMINATION_SCRIPT = "vitrine-termination";

/** JavaScript that asks for it, to be evaluated on the main thread. */
export const terminationRequest = (attempt: number): string =>
  `globalThis[Symbol.for(${JSON.stringify(KEY)})].terminate(${attempt})\n//# sourceURL=${TERMINATION_SCRIPT}`;

export function installTerminationPoint(point: TerminationPoint): void {
  Object.defineProperty(globalThis, Symbol.for(KEY), { value: point, configurable: true });
}
