import { AbortedError } from "../../engine/base/errors.ts";
import type { Generation } from "../../engine/generate/generation.ts";
import type { Run } from "../../engine/look/run.ts";
import type { Model } from "../../engine/model.ts";
import type { ModelInput } from "../../engine/modelInput.ts";
import type { ChatMessage } from "../../engine/template/chat.ts";

interface ReplyOptions {
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  readonly onPiece: (part: "reasoning" | "content", text: string) => void;
}

/** What was generated, as a run over the prompt and the reply. */
interface Reply {
  readonly run: Run;
  readonly nTokens: number;
  readonly finishReason: string;
}

/** The same link gives the same text: a text goes on by this seed. */
const SEED = 1;

/**
 * Goes on with an input, piece by piece: a conversation with the likeliest token each time, a text as the checkpoint's own sampling
 * settings say, by one seed. A generation that is stopped is a run of what there is.
 * @throws as `model.chat` and `model.generate`; AbortedError ERR_ABORTED where it is stopped before the prompt was read
 */
export async function generateReply(
  model: Model,
  input: ModelInput,
  { maxTokens, signal, onPiece }: ReplyOptions,
): Promise<Reply> {
  const options = { maxTokens, signal, keep: "attention" } as const;
  const isChat = Array.isArray(input);
  const chat = isChat
    ? model.chat(input as readonly ChatMessage[], { ...options, temperature: 0 })
    : null;
  const generation = chat?.generation ?? model.generate(input, { ...options, seed: SEED });
  if (chat === null) for await (const { text } of generation) onPiece("content", text);
  else
    for await (const piece of chat) if (piece.kind !== "toolCall") onPiece(piece.kind, piece.text);
  const run = runOf(generation);
  const { finishReason } = generation;
  const nTokens = run.tokens.filter(({ phase }) => phase === "generated").length;
  return { run, nTokens, finishReason: finishReason ?? "stop" };
}

function runOf(generation: Generation): Run {
  try {
    return generation.run;
  } catch (cause) {
    if (generation.finishReason === "aborted") throw new AbortedError(undefined, { cause });
    throw cause;
  }
}
