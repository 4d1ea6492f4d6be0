import { type Debugger, type Runtime, Session } from "node:inspector";
import { KernelError } from "../errors.ts";

/** Names of the protocol of V8's inspector. */
export type CallFrame = Debugger.CallFrame;
export type PausedEvent = Debugger.PausedEventDataType;
export type RemoteObject = Runtime.RemoteObject;

/** V8's inspector of the main thread, asked from another thread: it answers while the main thread is paused. */
export class InspectorClient {
  readonly #session = new Session();

  /** @param onPaused called with each pause, in order */
  constructor(onPaused: (event: PausedEvent) => void) {
    this.#session.connectToMainThread();
    this.#session.on("Debugger.paused", ({ params }) => onPaused(params));
  }

  onScript(listener: (script: Debugger.ScriptParsedEventDataType) => void): void {
    this.#session.on("Debugger.scriptParsed", ({ params }) => listener(params));
  }

  /** @throws KernelError ERR_DEBUGGER with what the inspector objects to */
  async send<Result = Record<string, unknown>>(
    method: string,
    params: object = {},
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, params, (error, result) => {
        if (error === null) resolve(result as Result);
        else reject(new KernelError("ERR_DEBUGGER", `debugger: ${method}: ${error.message}`));
      });
    });
  }

  close(): void {
    this.#session.disconnect();
  }
}
