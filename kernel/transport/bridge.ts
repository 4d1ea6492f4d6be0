import type { CompiledScript } from "../debugger/cellScript.ts";
import type { DebugAnswer, DebugQuestion } from "../debugger/debugTarget.ts";
import type { UnreadMessage } from "../protocol/frames.ts";
import type { Header } from "../protocol/messages.ts";
import type { WrittenMessage } from "./outgoing.ts";
import type { StreamChunk } from "./streamCoalescer.ts";

/** What the socket thread is started with. */
export interface WorkerOptions {
  readonly connectionFile: string;
  readonly sharedMemory: SharedArrayBuffer;
  readonly implementationVersion: string;
  readonly languageVersion: string;
}

/** Main thread to socket thread. */
export type ToWorker =
  | { readonly kind: "send"; readonly message: WrittenMessage }
  | { readonly kind: "stream"; readonly chunk: StreamChunk }
  | {
      readonly kind: "status";
      readonly state: "busy" | "idle";
      readonly parent: Header | Record<string, never>;
    }
  /** An interrupt was taken: what waits to be printed is no longer asked for. */
  | { readonly kind: "interrupted" }
  /** SIGINT came, and the event loop heard of it. */
  | { readonly kind: "signal" }
  /** A cell was compiled and is about to run. */
  | { readonly kind: "script"; readonly script: CompiledScript }
  | { readonly kind: "debugAnswer"; readonly id: number; readonly answer: DebugAnswer }
  /** Send what is left, and let go of the sockets. */
  | { readonly kind: "close" };

/** Socket thread to main thread. */
export type ToMain =
  | { readonly kind: "request"; readonly message: UnreadMessage }
  /** `isAgain` where it is meant for cells that were told of one already. */
  | { readonly kind: "interrupt"; readonly isAgain: boolean }
  | { readonly kind: "deleteSubshell"; readonly id: string }
  /** Whether a debugger wants to hear of scripts before they run. */
  | { readonly kind: "debugging"; readonly isAttached: boolean }
  /** The breakpoints of a script are set. */
  | { readonly kind: "scriptReady"; readonly url: string }
  | { readonly kind: "debugQuestion"; readonly id: number; readonly question: DebugQuestion }
  | { readonly kind: "shutdown" };
