import { kernelHost } from "../../kernel/display/host.ts";

/** As the engine's listeners are told of it. */
export interface PrecisionProgress {
  readonly stage: "prefill" | "compare";
  readonly done: number;
  readonly total: number;
  readonly label: string;
}

/** Who follows a comparison, and may end it. */
export interface Watch {
  readonly onProgress?: ((progress: PrecisionProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Tells how far it is, lets others have their turn, and ends where it was aborted or its cell interrupted. */
export async function breathe(watch: Watch, progress: PrecisionProgress): Promise<void> {
  watch.onProgress?.(progress);
  await new Promise((resolve) => setImmediate(resolve));
  watch.signal?.throwIfAborted();
  kernelHost()?.interruptSignal?.throwIfAborted();
}
