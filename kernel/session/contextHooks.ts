import type { AsyncLocalStorage } from "node:async_hooks";
import { inspect } from "node:util";
import { promiseHooks } from "node:v8";
import { KeyboardInterrupt } from "../errors.ts";

/** A function of Node's own that Node 20 and 22 hand out by the deprecated `process.binding`. */
interface AsyncWrap {
  setPromiseHooks(...hooks: undefined[]): void;
}

/** What Node calls with an error that nobody caught. */
type OnFatalException = (error: unknown, isFromPromise: boolean) => boolean;

/**
 * How Node knows which asynchronous task runs, and carries an AsyncLocalStorage along. It keeps a stack of ids, and before
 * Node 24 it hooks into every promise with JavaScript; where V8 terminates code, both are left half way, and Node aborts the
 * process when it sees that. So they are put right before a termination.
 */
export class ContextHooks {
  readonly #areUsed: boolean;
  readonly #asyncWrap: AsyncWrap | null;
  readonly #onFatalException: OnFatalException | null;
  #isForgetting = false;

  /** @param storage one that is used from now on; what is started before is not followed */
  constructor(storage: AsyncLocalStorage<unknown>) {
    const marks = storage.run({}, () => Object.getOwnPropertySymbols(Promise.resolve()));
    this.#areUsed = marks.length > 0;
    this.#asyncWrap = this.#areUsed ? findAsyncWrap() : null;
    const { _fatalException: found } = process as { _fatalException?: unknown };
    this.#onFatalException = typeof found === "function" ? (found as OnFatalException) : null;
    if (this.#areUsed) hideMarks();
  }

  /** Whether code can be terminated without an end of the process. */
  get allowTermination(): boolean {
    return this.#onFatalException !== null && (!this.#areUsed || this.#asyncWrap !== null);
  }

  /** Calls no hook of promises from now on. Those made meanwhile belong to nobody. */
  suspend(): void {
    this.#asyncWrap?.setPromiseHooks(undefined, undefined, undefined, undefined);
  }

  resume(): void {
    // Node installs all of its hooks anew when one is added or taken away.
    if (this.#areUsed) promiseHooks.onInit(() => {})();
  }

  /** Whether Node forgets its stack just now. What it starts meanwhile is its own. */
  get isForgetting(): boolean {
    return this.#isForgetting;
  }

  /** To be called where nothing runs on: has Node forget its stack, as it does when it has told of an uncaught error. */
  forgetStack(): void {
    const isTaken = process.hasUncaughtExceptionCaptureCallback();
    if (!isTaken) process.setUncaughtExceptionCaptureCallback(() => {});
    this.#isForgetting = true;
    this.#onFatalException?.call(process, new KeyboardInterrupt(), false);
    this.#isForgetting = false;
    if (!isTaken) process.setUncaughtExceptionCaptureCallback(null);
  }
}

/** What calls other code from there, rather than being called about it. */
const HOOK_CALLERS = new Set(["callbackTrampoline", "defaultTriggerAsyncIdScope"]);

/** Whether a frame of the stack is such a hook, in which code must not end. */
export function isHookFrame(file: string, functionName: string): boolean {
  if (file === "node:internal/promise_hooks") return true;
  return file === "node:internal/async_hooks" && !HOOK_CALLERS.has(functionName);
}

/** Where Node goes from one task to the next. */
const TASK_FILES = new Set([
  "node:async_hooks",
  "node:internal/async_hooks",
  "node:internal/process/task_queues",
  "node:internal/timers",
]);
/** What is called there by a task. */
const CALLED_BY_TASKS = new Set(["queueMicrotask", "nextTick"]);

/**
 * Whether Node may put something on its stack right after this innermost frame: V8 goes on for a moment before it terminates,
 * and what is put there stays.
 */
export function isBetweenTasks(file: string, functionName: string): boolean {
  return isInTasks(file) && !CALLED_BY_TASKS.has(functionName);
}

/** Whether a frame of the stack goes on with the next task when the code that it called returns. */
export function isInTasks(file: string): boolean {
  return TASK_FILES.has(file);
}

function findAsyncWrap(): AsyncWrap | null {
  const { noDeprecation } = process;
  process.noDeprecation = true;
  try {
    const { binding } = process as unknown as { binding(name: string): AsyncWrap };
    const asyncWrap = binding("async_wrap");
    return typeof asyncWrap.setPromiseHooks === "function" ? asyncWrap : null;
  } catch {
    return null;
  } finally {
    if (noDeprecation === undefined) delete process.noDeprecation;
    else process.noDeprecation = noDeprecation;
  }
}

/** Keeps what the hooks write on promises out of what is shown of them. */
function hideMarks(): void {
  Object.defineProperty(Promise.prototype, inspect.custom, {
    configurable: true,
    writable: true,
    value(this: object): object {
      for (const mark of Object.getOwnPropertySymbols(this)) {
        if (!isMark(mark)) continue;
        const property = Object.getOwnPropertyDescriptor(this, mark);
        if (property?.enumerable && property.configurable) {
          Object.defineProperty(this, mark, { enumerable: false });
        }
      }
      return this; // and is shown as it would be
    },
  });
}

const isMark = ({ description }: symbol): boolean =>
  description === "async_id_symbol" ||
  description === "trigger_async_id_symbol" ||
  description === "kResourceStore" ||
  description === "destroyed";
