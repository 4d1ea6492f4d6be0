import { Session } from "node:inspector";
import { ESBUILD_FILE } from "../language/localBuild.ts";
import { isUninterrupted } from "../language/uninterrupted.ts";
import { TERMINATION_SCRIPT, type TerminationPoint } from "../transport/terminationPoint.ts";
import { type ContextHooks, isBetweenTasks, isHookFrame, isInTasks } from "./contextHooks.ts";

/** Attempts for which the innermost code must be the user's own or a library's. */
const INNERMOST_ATTEMPTS = 10;
/** Attempts for which such code must be on the stack; later ones end whatever runs, as chains of nothing but Node's own. */
const STACKED_ATTEMPTS = 40;
const MOST_FRAMES = 500;

/** Where the kernel's own code lies when it is built. */
const OWN_FOLDER = new URL(".", import.meta.url).href;

interface TerminationOptions {
  readonly hooks: ContextHooks;
  /** Whether an interrupt has still to be heard of by the event loop. */
  readonly isInterrupted: () => boolean;
}

/**
 * Ends user code wherever it is, by V8's own means: no `catch` and no `finally` of it runs, and what it was called by ends with
 * it, the kernel's code too. Whoever waits for it must hear of the interrupt in another way.
 */
export class Termination implements TerminationPoint {
  readonly #hooks: ContextHooks;
  readonly #isInterrupted: () => boolean;
  readonly #inspector = new Session();
  #areHooksSuspended = false;
  #hasTerminated = false;

  constructor({ hooks, isInterrupted }: TerminationOptions) {
    this.#hooks = hooks;
    this.#isInterrupted = isInterrupted;
    this.#inspector.connect();
  }

  terminate(attempt: number): void {
    // What was asked for before the event loop heard of the interrupt would end something else after that.
    if (!this.#isInterrupted() || !this.#hooks.allowTermination || isUninterrupted()) return;
    const stack = interruptedStack();
    if (stack.some(({ file, name }) => isHookFrame(file, name))) {
      if (attempt < INNERMOST_ATTEMPTS / 2) return;
      // Promises without end are mostly met here.
      this.#areHooksSuspended = true;
      this.#hooks.suspend();
      return;
    }
    if (!mayEnd(stack, attempt)) return;
    this.#areHooksSuspended = true;
    this.#hooks.suspend();
    if (stack.some(({ file }) => isInTasks(file))) this.#deoptimize();
    this.#hooks.forgetStack();
    this.#hasTerminated = true;
    this.#inspector.post("Runtime.terminateExecution");
  }

  /**
   * Has V8 drop all optimized code, as it does to count calls. That would go from one task into the next, and put that on Node's
   * stack, before it looks whether to end; code that is not optimized looks at every call.
   */
  #deoptimize(): void {
    this.#inspector.post("Profiler.enable");
    this.#inspector.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    this.#inspector.post("Profiler.stopPreciseCoverage");
    this.#inspector.post("Profiler.disable");
  }

  /** To be called from the event loop after an interrupt. @returns whether user code was ended for it */
  recover(): boolean {
    if (this.#areHooksSuspended) this.#hooks.resume();
    const hasTerminated = this.#hasTerminated;
    this.#areHooksSuspended = false;
    this.#hasTerminated = false;
    return hasTerminated;
  }
}

interface Frame {
  /** Empty for code that has none. */
  readonly file: string;
  readonly name: string;
  /** Code of V8 itself, which says nothing about who runs. */
  readonly isBuiltIn: boolean;
}

/** What runs below the request for a termination, innermost first. */
function interruptedStack(): readonly Frame[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const trace: { stack?: NodeJS.CallSite[] } = {};
  Error.stackTraceLimit = MOST_FRAMES;
  Error.prepareStackTrace = (_error, sites) => sites;
  Error.captureStackTrace(trace, interruptedStack);
  const sites = trace.stack ?? [];
  Error.prepareStackTrace = prepareStackTrace;
  Error.stackTraceLimit = stackTraceLimit;
  const frames = sites.map((site): Frame => {
    const file = site.getScriptNameOrSourceURL() ?? "";
    const isBuiltIn = site.isNative() || (file === "" && !site.isEval());
    return { file, name: site.getFunctionName() ?? "", isBuiltIn };
  });
  const request = frames.findIndex(({ file }) => file === TERMINATION_SCRIPT);
  return frames.slice(request + 1).filter(({ isBuiltIn }) => !isBuiltIn);
}

function mayEnd(stack: readonly Frame[], attempt: number): boolean {
  const [innermost] = stack;
  if (innermost === undefined || isBetweenTasks(innermost.file, innermost.name)) return false;
  if (stack.find(({ file }) => !isNodes(file))?.file === ESBUILD_FILE) return false;
  if (attempt < INNERMOST_ATTEMPTS) return isUsers(innermost);
  return attempt >= STACKED_ATTEMPTS || stack.some(isUsers);
}

const isNodes = (file: string): boolean => file.startsWith("node:");

const isUsers = ({ file }: Frame): boolean => !isNodes(file) && !file.startsWith(OWN_FOLDER);
