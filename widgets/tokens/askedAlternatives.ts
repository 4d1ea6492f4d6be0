import { type AskedOnRest, askedOnRest } from "../render/askedOnRest.ts";
import type { AskKernel } from "../render/askKernel.ts";
import type { Alternatives } from "./tokenReadout.ts";

/** Asks the kernel for a token's alternatives, once, when somebody rests on it. @param onTold of the token */
export function askedAlternatives(
  ask: AskKernel,
  signal: AbortSignal,
  onTold: (token: number) => void,
): AskedOnRest<Alternatives> {
  return askedOnRest({
    ...{ signal, onTold },
    ask: async (token) => {
      const { content, buffers } = await ask("alternatives", { token });
      const [entropyBits = Number.NaN, rank = Number.NaN, ...logprobs] = new Float64Array(
        buffers[0] ?? new ArrayBuffer(0),
      );
      const told = content as Pick<Alternatives, "ids" | "texts" | "provenance">;
      return { ...told, entropyBits, rank, logprobs };
    },
  });
}
