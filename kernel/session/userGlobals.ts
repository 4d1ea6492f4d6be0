import { toMimeBundle } from "../display/bundle.ts";
import type { KernelHost, MimeBundle } from "../display/host.ts";

interface DisplayOptions {
  readonly id?: string;
  readonly update?: boolean;
  readonly metadata?: Record<string, unknown>;
}

/** Puts the functions of `global-declarations.ts` where cells find them. */
export function installUserGlobals(
  host: KernelHost,
  prompt: (message?: string, options?: { password?: boolean }) => string,
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
    clearOutput: (options?: { wait?: boolean }): void => host.clearOutput(options),
    interruptSignal: (): AbortSignal | null => host.interruptSignal,
    prompt,
  };
  for (const [name, value] of Object.entries(functions)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}
