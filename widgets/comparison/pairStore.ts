import type { AskKernel } from "../render/askKernel.ts";
import type { ComparisonState } from "./data.ts";
import { type Pair, unpackPair } from "./pairs.ts";

/** Numbers of both runs as the kernel gives them, each asked for once. */
export interface PairStore {
  /** Null while it is on its way, or where it cannot be had. */
  pair(key: string): Pair | null;
  /** (cells, cells) of a head. */
  map(layer: number, head: number): Pair | null;
  /** Why something cannot be had; empty where everything could. */
  readonly problem: string;
}

export function createPairStore(options: {
  readonly ask: AskKernel;
  readonly pairs: ComparisonState["pairs"];
  readonly onAnswer: () => void;
}): PairStore {
  const { ask, pairs, onAnswer } = options;
  const known = new Map<string, Pair | null>();
  let problem = "";

  function asked(
    name: string,
    kind: string,
    question: Readonly<Record<string, unknown>>,
    isDifference: boolean,
  ): Pair | null {
    if (known.has(name)) return known.get(name) ?? null;
    known.set(name, null);
    ask(kind, question)
      .then(({ buffers: [buffer] }) => {
        if (buffer === undefined) throw new Error("The kernel's answer has no numbers.");
        known.set(name, unpackPair(new Float64Array(buffer), isDifference));
      })
      .catch((reason: unknown) => {
        problem = reason instanceof Error ? reason.message : String(reason);
      })
      .finally(onAnswer);
    return null;
  }

  return {
    pair(key) {
      const isDifference = pairs.find((info) => info.key === key)?.isDifference === true;
      return asked(`pair ${key}`, "pair", { of: key }, isDifference);
    },
    map: (layer, head) => asked(`map ${layer} ${head}`, "map", { layer, head }, false),
    get problem() {
      return problem;
    },
  };
}
