import type { Run } from "../../engine/index.node.ts";
import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import { Picture } from "../render/picture.ts";
import { describeRun } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import { blocksOf } from "./blocks.ts";
import { promptText, type TokensState, tokensText } from "./data.ts";
import { keptNumbers } from "./keptNumbers.ts";
import { measureSource } from "./measureSource.ts";
import { ASKED, type AskedKey, isAsked, kindOf } from "./measures.ts";
import { tokensPicture } from "./staticPicture.ts";
import { tokensTables } from "./tables.ts";

const EMPTY = new Uint8Array(0);

/**
 * A run's text, each token coloured by a number of it: surprisal, probability, rank and entropy of what could have stood there, router
 * entropy and margin, FLOPs, bytes and time, drafts, thinking. At each token the likeliest alternatives. Of a generation, or a
 * reply, the finished run is shown.
 * @throws KernelError ERR_OPTION
 */
export function tokens(
  source: Run | { readonly run: Run },
  options: Readonly<Record<string, never>> = {},
): Picture<TokensState> {
  checkOptions("tokens", options, {});
  const run = "run" in source ? source.run : source;
  const { record } = run;
  const { given, missing, logits, columnOf } = measureSource(run);
  const textOf = (id: number): string => run.model.tokenText(id);

  const widget: Picture<TokensState> = new Picture<TokensState>({
    name: "tokens",
    esm: viewSource("tokens"),
    state: {
      runId: run.id,
      subtitle: describeRun(record),
      texts: record.tokens.map(({ text }) => text),
      ids: record.tokens.map(({ id }) => id),
      part: record.tokens.map((token) => kindOf(token, "part")),
      draft: record.tokens.map((token) => kindOf(token, "draft")),
      given,
      blocks: blocksOf(record.tokens),
      rejected: Object.fromEntries(
        record.tokens.flatMap(({ index, draft }) =>
          draft?.verdict === "rejected" && draft.draftId !== null
            ? [[index, textOf(draft.draftId)]]
            : [],
        ),
      ),
      missing,
      noPrompt: promptText(record),
      noAlternatives: logits.refusalOfOthers ?? "",
      provenance: {},
      ...{ entropy: EMPTY, rank: EMPTY, routerEntropy: EMPTY, routerMargin: EMPTY },
    },
    keep: () => keptNumbers(record.tokens.length, missing),
    records: [record],
    answers: {
      column: async (question) => {
        const key = askedKey(question);
        const { values, provenance } = await columnOf(key);
        widget.set({
          [key]: values,
          provenance: { ...widget.get("provenance"), [key]: provenance },
        });
        return {};
      },
      alternatives: async (question) => {
        const token = integerIn(question, "token", 1, record.tokens.length - 1);
        if (logits.refusal !== null) throw new Error(logits.refusal);
        const { tokens: known, provenance } = await logits.read();
        const at = known[token] ?? null;
        if (at === null) throw new Error(logits.refusalOfOthers ?? "not kept");
        return {
          content: { ids: at.ids, texts: at.ids.map(textOf), provenance },
          buffers: [Float64Array.from([at.entropyBits, at.rank, ...at.logprobs])],
        };
      },
    },
    svg: () => tokensPicture(record, missing),
    text: () => tokensText(record, missing),
    tables: () =>
      tokensTables({
        ...{ record, given, missing, textOf },
        column: async (key) => (await columnOf(key)).values,
        distributions: logits.refusal === null ? () => logits.read() : null,
      }),
  });
  return widget;
}

function askedKey({ measure }: KernelQuestion): AskedKey {
  if (typeof measure === "string" && isAsked(measure as AskedKey)) return measure as AskedKey;
  throw new Error(
    `tokens: expected a measure of ${ASKED.join(", ")}, got ${String(measure)}. Reload the page.`,
  );
}
