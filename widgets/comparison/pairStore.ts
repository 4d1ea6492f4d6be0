import type { AskKernel } from "../render/askKernel.ts";
import type { ComparisonState } from "./data.ts";
import { type Pair, unpackPair } from "./pairs.ts";

/** Numbers of both runs as the kernel gives them, each asked for once. */
export interface PairStore {
  /** Begins a drawing: problems are those of what it asks for. */
  begin(): void;
  /** Null while it is on its way, or where it cannot be had. */
  pair(key: string): Pair | null;
  /** (cells, cells) of a head. */
  map(layer: number, head: number): Pair | null;
  /** Why something cannot be had that was asked for since `begin`; empty where everything can, or is on its way. */
  readonly problem: string;
}

export function createPairStore(options: {
  readonly ask: AskKernel;
  readonly pairs: ComparisonState["pairs"];
  readonly onAnswer: () => void;
}): PairStore {
  const { ask, pairs, onAnswer } = options;
  /** A sentence: it cannot be had. */
  const known = new Map<string, Pair | string | null>();
  let problem = "";

  function asked(
    name: string,
    kind: string,
    question: Readonly<Record<string, unknown>>,
    isDifference: boolean,
  ): Pair | null {
    const found = known.get(name);
    if (typeof found === "string") problem = found;
    if (found !== undefined) return typeof found === "string" ? null : found;
    known.set(name, null);
    ask(kind, question)
      .then(({ buffers: [buffer] }) => {
        if (buffer === undefined) throw new Error("The kernel's answer has no numbers.");
        known.set(name, unpackPair(new Float64Array(buffer), isDifference));
      })
      .catch((reason: unknown) => {
        known.set(name, reason instanceof Error ? reason.message : String(reason));
      })
      .finally(onAnswer);
    return null;
  }

  return {
    begin() {
      problem = "";
    },
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
