import { withHostSignal } from "./hostSignal.ts";
import type { ProgressListener } from "./progress.ts";

/** Who follows a computation, and may end it. */
export interface Watch {
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

/** What options have of it, the signal joined with that of the host. */
export function watchOf(options: Watch): Watch {
  const signal = withHostSignal(options.signal);
  const { onProgress } = options;
  return { ...(signal && { signal }), ...(onProgress && { onProgress }) };
}
