import type { AskKernel } from "../render/askKernel.ts";
import type { Alternatives } from "./tokenReadout.ts";

/** A pointer that rests so long on a token wants to know what else could have stood there. */
const REST_MS = 60;

export interface AskedAlternatives {
  /** What could have stood at a token, or why that is not known; undefined while nobody has told. */
  of(token: number): Alternatives | string | undefined;
  /** A reader rests on a token; null: on none. */
  rest(token: number | null): void;
}

/** Asks the kernel for a token's alternatives, once, when somebody rests on it. @param onTold of the token */
export function askedAlternatives(
  ask: AskKernel,
  signal: AbortSignal,
  onTold: (token: number) => void,
): AskedAlternatives {
  const known = new Map<number, Alternatives | string>();
  let resting: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(resting));

  function request(token: number): void {
    ask("alternatives", { token })
      .then(({ content, buffers }) => {
        const [entropyBits = Number.NaN, rank = Number.NaN, ...logprobs] = new Float64Array(
          buffers[0] ?? new ArrayBuffer(0),
        );
        const told = content as Pick<Alternatives, "ids" | "texts" | "provenance">;
        known.set(token, { ...told, entropyBits, rank, logprobs });
      })
      .catch((reason: unknown) => {
        if (!signal.aborted)
          known.set(token, reason instanceof Error ? reason.message : String(reason));
      })
      .finally(() => onTold(token));
  }

  return {
    of: (token) => known.get(token),
    rest(token) {
      clearTimeout(resting);
      if (token !== null && !known.has(token)) resting = setTimeout(() => request(token), REST_MS);
    },
  };
}
