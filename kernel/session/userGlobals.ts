import { toMimeBundle } from "../display/bundle.ts";
import type { KernelHost, MimeBundle } from "../display/host.ts";
import { installLightDom } from "../display/lightDom.ts";
import { progress } from "../display/progressBar.ts";
import type { Json } from "../protocol/messages.ts";
import { plainJson } from "../protocol/plainJson.ts";

interface DisplayOptions {
  readonly id?: string;
  readonly update?: boolean;
  readonly metadata?: Record<string, unknown>;
}

interface SessionFunctions {
  readonly prompt: (message?: string, options?: { password?: boolean }) => string;
  /** Adds to the payload of the running cell's execute_reply. */
  readonly addPayload: (payload: Json) => void;
}

/** Puts the functions of `globalDeclarations.ts` where cells find them. */
export function installUserGlobals(
  host: KernelHost,
  { prompt, addPayload }: SessionFunctions,
): void {
  const displayRaw = (data: MimeBundle, { id, update, metadata }: DisplayOptions = {}): void =>
    host.display(data, {
      ...(id === undefined ? {} : { displayId: id }),
      ...(update === undefined ? {} : { update }),
      ...(metadata === undefined ? {} : { metadata }),
    });
  const functions = {
    displayRaw,
    async display(value: unknown, options?: DisplayOptions): Promise<void> {
      displayRaw(await toMimeBundle(value), options);
    },
    async page(value: unknown): Promise<void> {
      const data = typeof value === "string" ? { "text/plain": value } : await toMimeBundle(value);
      addPayload({ source: "page", data, start: 0 });
    },
    setNextInput(text: string, { replace = false }: { replace?: boolean } = {}): void {
      addPayload(plainJson({ source: "set_next_input", text, replace }, "setNextInput") as Json);
    },
    progress,
    clearOutput: (options?: { wait?: boolean }): void => host.clearOutput(options),
    interruptSignal: (): AbortSignal | null => host.interruptSignal,
    prompt,
    input: prompt,
  };
  installLightDom();
  for (const [name, value] of Object.entries(functions)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}
