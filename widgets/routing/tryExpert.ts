import type { ExpertEdit, RoutedSource } from "./sources.ts";

export interface ExpertAttempt {
  /** Place of the layer among the MoE layers. */
  readonly row: number;
  readonly expert: number;
  readonly change: "force" | "forbid";
  /** The token whose route is changed, unless all are. */
  readonly token: number;
  readonly everywhere: boolean;
  /** The position whose logits are told. */
  readonly logitsAt: number;
}

/** A token that may come next, before and after. Logits are the engine's; probabilities follow from all of them. */
interface LogitChange {
  readonly id: number;
  readonly text: string;
  readonly before: number;
  readonly after: number;
  readonly probabilityBefore: number;
  readonly probabilityAfter: number;
}

export interface AttemptResult {
  readonly attempt: ExpertAttempt;
  readonly layer: number;
  /** The likeliest before and after, by what they were before. */
  readonly tokens: readonly LogitChange[];
  /** Kullback-Leibler divergence of the distribution after from the one before, bits. */
  readonly divergenceBits: number;
  /** Experts that the token has in the layer now, in descending weight. */
  readonly experts: readonly number[];
}

const LIKELIEST = 8;

/** The edit that a click comes to. */
function editOf(layer: number, attempt: ExpertAttempt): ExpertEdit {
  const { expert, change, token, everywhere } = attempt;
  return {
    ...{ kind: "experts", layer },
    ...(!everywhere && { position: token }),
    ...(change === "force" ? { force: [expert] } : { forbid: [expert] }),
  };
}

/** Runs the tokens twice, without the edit and with it. @throws where the model is gone, or the edit cannot be made */
export async function tryExpert(
  { run }: RoutedSource,
  attempt: ExpertAttempt,
): Promise<AttemptResult> {
  if (run.again === undefined)
    throw new Error(
      "routing: expected a run that its model can run again, got a record alone. Run the prompt in this notebook.",
    );
  const layer = run.record.model.moeLayers[attempt.row] ?? -1;
  const wanted = { logits: [attempt.logitsAt], keep: "routes" } as const;
  const plain = await run.again([], wanted);
  const edited = await run.again([editOf(layer, attempt)], wanted).finally(() => plain.dispose());
  try {
    const { nTokens, nExpertsPerToken: k, indices } = await edited.routing();
    const from = (attempt.row * nTokens + attempt.token) * k;
    return {
      ...{ attempt, layer },
      ...compareLogits(plain.logits.data, edited.logits.data, textsOf(run)),
      experts: Array.from(indices.subarray(from, from + k)).filter((expert) => expert >= 0),
    };
  } finally {
    edited.dispose();
  }
}

/** Texts of ids; a run that leads to no model has ids alone. */
function textsOf({ model }: RoutedSource["run"]): (id: number) => string {
  return (id) => model?.tokenText(id) ?? `<id ${id}>`;
}

/**
 * @param before (V) logits, natural-log scale
 * @param after (V) the same with the edit
 */
export function compareLogits(
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  textOf: (id: number) => string,
): Pick<AttemptResult, "tokens" | "divergenceBits"> {
  const [logZBefore, logZAfter] = [logSum(before), logSum(after)];
  let divergence = 0;
  for (let id = 0; id < before.length; id++) {
    const logP = (before[id] as number) - logZBefore;
    const logQ = (after[id] as number) - logZAfter;
    if (logP > Number.NEGATIVE_INFINITY) divergence += Math.exp(logP) * (logP - logQ);
  }
  const ids = [...new Set([...likeliest(before), ...likeliest(after)])];
  const tokens = ids
    .map((id) => {
      const [was, is] = [before[id] as number, after[id] as number];
      return {
        ...{ id, text: textOf(id), before: was, after: is },
        probabilityBefore: Math.exp(was - logZBefore),
        probabilityAfter: Math.exp(is - logZAfter),
      };
    })
    .sort((a, b) => b.before - a.before || a.id - b.id);
  return { tokens, divergenceBits: divergence / Math.LN2 };
}

function logSum(logits: ArrayLike<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) most = Math.max(most, logits[i] as number);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] as number) - most);
  return most + Math.log(sum);
}

function likeliest(logits: ArrayLike<number>): number[] {
  return Array.from({ length: logits.length }, (_, id) => id)
    .sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b)
    .slice(0, LIKELIEST);
}
